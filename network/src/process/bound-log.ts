import { copyFile, stat, truncate } from 'node:fs/promises';

/** A log that is longer is kept once as `.1`, and begun anew. */
export const MAX_LOG_BYTES = 64 * 1024 * 1024;

/**
 * Keeps a log within twice the limit. Programs append to it, so it may be cut while one runs; the
 * lines of the moment between copy and cut are lost.
 *
 * @returns whether it was cut
 */
export async function boundLog(path: string, maxBytes: number = MAX_LOG_BYTES): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null || found.size <= maxBytes) return false;
  await copyFile(path, `${path}.1`);
  await truncate(path);
  return true;
}
