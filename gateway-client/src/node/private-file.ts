/**
 * Reading a small file that nobody else may read.
 *
 * @module
 */
import { open, type FileHandle } from 'node:fs/promises';
import { EmrError } from '@emr-share/model';

const MAX_BYTES = 1 << 20;
const OTHERS = 0o077;

/**
 * Reads a keystore file as text.
 *
 * @throws EmrError `KEYSTORE_NOT_FOUND`; `KEYSTORE_INVALID` where it is no small regular file, cannot
 *   be read, or group or world can.
 */
export async function readPrivateFile(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw openError(path, error);
  });
  try {
    await assertPrivate(path, file);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function openError(path: string, cause: unknown): EmrError {
  const { code = 'it cannot be opened' } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR'
    ? new EmrError('KEYSTORE_NOT_FOUND', { path }, { cause })
    : invalid(path, `it cannot be opened (${code})`, cause);
}

async function assertPrivate(path: string, file: FileHandle): Promise<void> {
  const { mode, size, isFile } = await file.stat().then((facts) => ({
    mode: facts.mode,
    size: facts.size,
    isFile: facts.isFile(),
  }));
  if (!isFile) throw invalid(path, 'it is not a file');
  if (size > MAX_BYTES) throw invalid(path, 'it is too large');
  // Windows keeps no such bits.
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    const problem = `others can read it (mode 0${(mode & 0o777).toString(8)}); run: chmod 600 ${path}`;
    throw new EmrError('KEYSTORE_INVALID', { path, problem }, { message: `${path}: ${problem}` });
  }
}

/** A file at `path` that is no keystore, and why. */
export function invalid(path: string, problem: string, cause?: unknown): EmrError {
  return new EmrError('KEYSTORE_INVALID', { path, problem }, { cause });
}
