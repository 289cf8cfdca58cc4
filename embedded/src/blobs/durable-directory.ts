/**
 * What a file system needs so that a name survives a power cut.
 *
 * @module
 */
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Windows cannot open a directory for fsync, and some network file systems refuse to. */
const CANNOT_SYNC = new Set(['EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP']);

/** Makes the entries of `directory` (created, renamed, removed names) durable. */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!CANNOT_SYNC.has(errorCode(error) ?? '')) throw error;
  }
}

/** Creates `directory` and its missing parents, durably. */
export async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let path = directory; path.length >= first.length; path = dirname(path)) {
    await syncDirectory(dirname(path));
  }
}

/** The system's error code (`ENOENT`, …), if `error` has one. */
export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
