/**
 * Files that are either there whole or not there, with the modes that secrets ask for.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSystemError } from '../errors.js';

/** Mode of a folder that only its owner enters. */
const PRIVATE_DIR = 0o700;
const SECRET_FILE = 0o600;
const PUBLIC_FILE = 0o644;

/** Makes the folder and its parents, for the owner alone. */
export async function makePrivateDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE_DIR });
}

/** Replaces the file by the content at once: written beside, synced, renamed. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode: number = PUBLIC_FILE,
): Promise<void> {
  await makePrivateDir(dirname(path));
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(temporary, mode); // the process' umask took bits from the mode of open()
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** {@link writeFileAtomic} for keys and passwords: mode 0600 from the first byte on. */
export async function writeSecret(path: string, content: string | Uint8Array): Promise<void> {
  await writeFileAtomic(path, content, SECRET_FILE);
}

/** The file's text, or `null` where there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}
