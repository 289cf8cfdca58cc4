/**
 * Opening one chunk, and telling what happened to one that does not open.
 *
 * @module
 */
import { CryptoError } from '../crypto-error.js';
import { TAG_BYTES } from '../provider/crypto-provider.js';
import type { Chunk } from './chunks.js';
import { chunkNonce } from './content-keys.js';
import type { ContentKeys } from './content-keys.js';

/**
 * Authenticates and decrypts a chunk at its place in the stream.
 *
 * @throws {@link CryptoError} `CONTENT_TRUNCATED` when the content ends here but its author went on,
 * `CONTENT_TRAILING_DATA` when it goes on but its author ended here, `CONTENT_CHUNK_INVALID` for a
 * chunk that was altered, cut, moved, repeated, or taken from another record.
 */
export async function openChunk(keys: ContentKeys, chunk: Chunk): Promise<Uint8Array> {
  const { index, last, bytes } = chunk;
  // Only content of no bytes has an empty chunk: any other tag with nothing before it is a cut.
  if (bytes.length < TAG_BYTES + (index === 0 ? 0 : 1)) throw truncated(index);
  const plaintext = await openAs(keys, chunk, last);
  if (plaintext !== null) return plaintext;
  if ((await openAs(keys, chunk, !last)) === null) {
    throw new CryptoError(
      'CONTENT_CHUNK_INVALID',
      `content chunk ${index} does not authenticate: it was altered, cut, moved, or taken from other content`,
    );
  }
  if (last) throw truncated(index + 1);
  throw new CryptoError(
    'CONTENT_TRAILING_DATA',
    `content goes on after chunk ${index}, which its author marked as the last`,
  );
}

function openAs(
  { aead, noncePrefix, aad }: ContentKeys,
  { index, bytes }: Chunk,
  last: boolean,
): Promise<Uint8Array | null> {
  return aead.open(chunkNonce(noncePrefix, index, last), aad, bytes);
}

function truncated(index: number): CryptoError {
  return new CryptoError('CONTENT_TRUNCATED', `content ends before its chunk ${index} is complete`);
}
