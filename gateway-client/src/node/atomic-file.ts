/**
 * Files that are whole or not there.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { link, lstat, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface WriteFileOptions {
  /** Default `0o600`: what is written is somebody's medical record or key. */
  readonly mode?: number | undefined;
  /** Whether a file that is there is replaced. Default true; else it is left, and `EEXIST` thrown. */
  readonly overwrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/** What file systems without hard links say. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV']);

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

async function assertAbsent(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (found !== null) throw Object.assign(new Error('the file exists'), { code: 'EEXIST' });
}

async function writeAll(
  file: FileHandle,
  content: FileContent,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (typeof content === 'string' || content instanceof Uint8Array) {
    await file.writeFile(content);
  } else {
    for await (const piece of content) {
      signal?.throwIfAborted();
      await file.writeFile(piece);
    }
  }
  signal?.throwIfAborted();
  await file.sync();
}

async function publish(temporary: string, path: string, overwrite: boolean): Promise<void> {
  if (overwrite) {
    await rename(temporary, path);
    return;
  }
  try {
    await link(temporary, path);
    await rm(temporary);
  } catch (error) {
    if (!NO_LINKS.has(String(codeOf(error)))) throw error;
    await assertAbsent(path);
    await rename(temporary, path);
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has no directory handles to sync.
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Writes a file so that it appears whole or not at all: into a temporary file beside it, to the disk,
 * then in place. Where the content fails or the signal aborts, nothing is left.
 *
 * @param content - Text as UTF-8, bytes, or a stream, which is written with constant memory.
 * @throws Error of the file system, with its `code`; `EEXIST` where `overwrite` is false and the file
 *   is there; whatever the stream throws; the signal's reason.
 */
export async function writeFileAtomically(
  path: string,
  content: FileContent,
  options: WriteFileOptions = {},
): Promise<void> {
  const { mode = 0o600, overwrite = true, signal } = options;
  signal?.throwIfAborted();
  if (!overwrite) await assertAbsent(path);
  const temporary = join(dirname(path), `.${basename(path).slice(0, 64)}.${randomUUID()}.tmp`);
  const file = await open(temporary, 'wx', mode);
  try {
    try {
      await writeAll(file, content, signal);
    } finally {
      await file.close();
    }
    await publish(temporary, path, overwrite);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}
