/**
 * Source and release archives: what they are, and unpacking them where nothing of them can escape.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, list } from 'tar';
import { NetworkError, problemOf } from '../errors.js';

/** A tar block; a global pax header fits in the first two of an archive made by git. */
const BLOCK_BYTES = 512;
const GLOBAL_HEADER_TYPE = 'g';
const TYPE_OFFSET = 156;

async function firstBlocks(archive: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const source = createReadStream(archive).pipe(createGunzip());
  for await (const chunk of source as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= 2 * BLOCK_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/**
 * The commit that `git archive` wrote into the archive's global header; `null` where there is none.
 * It names what the archive says it is: it is no signature.
 */
export async function archiveCommit(archive: string): Promise<string | null> {
  const head = await firstBlocks(archive).catch(() => Buffer.alloc(0));
  if (String.fromCharCode(head[TYPE_OFFSET] ?? 0) !== GLOBAL_HEADER_TYPE) return null;
  const pax = head.subarray(BLOCK_BYTES, 2 * BLOCK_BYTES).toString('latin1');
  return /^\d+ comment=([0-9a-f]{40})\n/.exec(pax)?.[1] ?? null;
}

export async function fileDigest(path: string, algorithm: 'sha256' | 'sha512'): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/**
 * Unpacks an archive into an existing folder. Absolute paths, `..` and links that lead out are
 * refused, not repaired.
 *
 * @param stripFolders - how many leading folders of each path to drop
 * @throws {@link NetworkError} ARCHIVE_INVALID
 */
export async function unpack(archive: string, dir: string, stripFolders: number): Promise<void> {
  try {
    let entries = 0;
    await list({ file: archive, strict: true, onReadEntry: () => entries++ });
    if (entries === 0) throw new Error('it holds no files');
    await extract({ file: archive, cwd: dir, strip: stripFolders, strict: true, noMtime: false });
  } catch (error) {
    throw new NetworkError(
      'ARCHIVE_INVALID',
      { archive, problem: problemOf(error) },
      { cause: error },
    );
  }
}
