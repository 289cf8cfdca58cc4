/**
 * Destroying a file that holds a secret, so that a crash half-way leaves it neither usable nor whole.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isCode, syncDirectory } from './durable-file.js';

/** What the name of a file ends with from the moment on that nobody may use it. */
export const DOOMED = '.destroyed';

/** Takes the name away, overwrites the bytes in place, then removes the file. None is no error. */
export async function destroyFile(path: string): Promise<void> {
  try {
    await rename(path, `${path}${DOOMED}`);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  await syncDirectory(dirname(path));
  await overwrite(`${path}${DOOMED}`);
}

/** Completes what {@link destroyFile} and the making of keys left at a crash, beside `path`. */
export async function finishDestroying(path: string): Promise<void> {
  const [directory, first] = [dirname(path), basename(path)];
  const names = await readdir(directory).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  });
  for (const name of names) {
    if (name.startsWith(first) && name.endsWith(DOOMED)) await overwrite(join(directory, name));
  }
}

async function overwrite(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+');
    try {
      const { size } = await file.stat();
      await file.write(randomBytes(size), 0, size, 0);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  await rm(path, { force: true });
  await syncDirectory(dirname(path));
}
