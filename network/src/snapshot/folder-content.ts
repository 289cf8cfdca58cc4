/**
 * What of a network's folder belongs into a snapshot.
 *
 * @module
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NetworkError } from '../errors.js';

/** A file or folder, relative to the network's folder. */
export interface Found {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly mode: number;
  readonly bytes: number;
}

/** Which processes run, and who works on the folder: true here and now only. */
const LEFT_OUT = /^(?:run|lock(?:\..*)?)$/;

/**
 * Everything but the records of processes and locks; folders before what is in them.
 *
 * @throws {@link NetworkError} STATE_INVALID for anything that is neither file nor folder
 */
export async function contentOf(dir: string): Promise<Found[]> {
  const names = (await readdir(dir)).filter((name) => !LEFT_OUT.test(name)).sort();
  const found = await Promise.all(names.map((name) => below(dir, name)));
  return found.flat();
}

async function below(dir: string, path: string): Promise<Found[]> {
  const stats = await lstat(join(dir, path));
  const mode = stats.mode & 0o777;
  if (stats.isFile()) return [{ path, isDirectory: false, mode, bytes: stats.size }];
  if (!stats.isDirectory()) {
    const problem = 'it is neither a file nor a folder, so that a snapshot cannot hold it';
    throw new NetworkError('STATE_INVALID', { path: join(dir, path), problem });
  }
  const names = (await readdir(join(dir, path))).sort();
  const content: Found[] = [{ path, isDirectory: true, mode, bytes: 0 }];
  for (const name of names) content.push(...(await below(dir, `${path}/${name}`)));
  return content;
}
