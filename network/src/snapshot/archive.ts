/**
 * The bytes of a snapshot.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { NetworkError } from '../errors.js';
import type { Found } from './folder-content.js';
import { CONTENT, MANIFEST, type FileEntry, type SnapshotManifest } from './manifest.js';
import { END_OF_ARCHIVE, headerOf, paddingAfter } from './tar-entries.js';

/** Of the manifest, what is known before the files are read. */
export type SnapshotFacts = Omit<SnapshotManifest, 'format' | 'directories' | 'files'>;

const SECRET_FILE = 0o600;

/**
 * The archive, a piece at a time; the files are read and hashed as it goes.
 *
 * @param onFile - Told of each file as it is in the archive.
 * @throws {@link NetworkError} STATE_INVALID for a file that changes meanwhile
 */
export async function* archive(
  dir: string,
  content: readonly Found[],
  facts: SnapshotFacts,
  onFile: (file: FileEntry) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const files: FileEntry[] = [];
  for (const found of content) {
    const { path, isDirectory, mode, bytes } = found;
    const type = isDirectory ? 'Directory' : 'File';
    yield headerOf({ path: `${CONTENT}${path}`, type, mode, bytes });
    if (isDirectory) continue;
    const sha256 = yield* fileBytes(dir, found);
    const file = { path, bytes, mode, sha256 };
    files.push(file);
    onFile(file);
  }
  const directories = content
    .filter(({ isDirectory }) => isDirectory)
    .map(({ path, mode }) => ({ path, mode }));
  const manifest: SnapshotManifest = { format: 1, ...facts, directories, files };
  const text = Buffer.from(`${JSON.stringify(manifest)}\n`);
  yield headerOf({ path: MANIFEST, type: 'File', mode: SECRET_FILE, bytes: text.length });
  yield text;
  yield paddingAfter(text.length);
  yield END_OF_ARCHIVE;
}

/** @returns SHA-256 of the file, as hex */
async function* fileBytes(
  dir: string,
  { path, bytes }: Found,
): AsyncGenerator<Uint8Array, string, void> {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of createReadStream(join(dir, path)) as AsyncIterable<Buffer>) {
    read += chunk.length;
    if (read > bytes) throw changed(dir, path);
    hash.update(chunk);
    yield chunk;
  }
  if (read !== bytes) throw changed(dir, path);
  yield paddingAfter(bytes);
  return hash.digest('hex');
}

function changed(dir: string, path: string): NetworkError {
  const problem = 'it changed while the snapshot was taken; is another program at work on it?';
  return new NetworkError('STATE_INVALID', { path: join(dir, path), problem });
}
