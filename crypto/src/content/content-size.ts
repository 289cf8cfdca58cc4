/**
 * Sizes of an envelope (docs/protocol.md §5.3): one plaintext size has one envelope size.
 *
 * @module
 */
import { CryptoError } from '../crypto-error.js';
import { TAG_BYTES } from '../provider/crypto-provider.js';
import { assertChunkSizeLog2, DEFAULT_CHUNK_SIZE_LOG2 } from './content-header.js';
import { MAX_CHUNKS, tooLarge } from './content-keys.js';
import { AES_256_GCM_STREAM } from './content-suite.js';
import type { ContentSuite } from './content-suite.js';

/**
 * The size of the envelope that {@link encryptContent} makes of `plaintextSizeBytes` bytes.
 *
 * @throws {@link CryptoError} `CONTENT_TOO_LARGE`; RangeError for what is no size.
 */
export function contentSizeBytes(
  plaintextSizeBytes: number,
  chunkSizeLog2: number = DEFAULT_CHUNK_SIZE_LOG2,
  suite: ContentSuite = AES_256_GCM_STREAM,
): number {
  assertSize(plaintextSizeBytes, 'plaintextSizeBytes');
  assertChunkSizeLog2(chunkSizeLog2);
  const chunks = Math.max(1, Math.ceil(plaintextSizeBytes / 2 ** chunkSizeLog2));
  if (chunks > MAX_CHUNKS) throw tooLarge();
  return suite.headerSizeBytes + plaintextSizeBytes + chunks * TAG_BYTES;
}

/**
 * The size of the plaintext in an envelope of `sizeBytes` bytes: the inverse of
 * {@link contentSizeBytes}.
 *
 * @throws {@link CryptoError} `CONTENT_TRUNCATED` when no envelope has that size, `CONTENT_TOO_LARGE`;
 * RangeError for what is no size.
 */
export function contentPlaintextSizeBytes(
  sizeBytes: number,
  chunkSizeLog2: number = DEFAULT_CHUNK_SIZE_LOG2,
  suite: ContentSuite = AES_256_GCM_STREAM,
): number {
  assertSize(sizeBytes, 'sizeBytes');
  assertChunkSizeLog2(chunkSizeLog2);
  const body = sizeBytes - suite.headerSizeBytes;
  const chunks = Math.ceil(body / (2 ** chunkSizeLog2 + TAG_BYTES));
  if (chunks > MAX_CHUNKS) throw tooLarge();
  const plaintext = body - chunks * TAG_BYTES;
  const isFirst = chunks === 1;
  const lastChunk = plaintext - (chunks - 1) * 2 ** chunkSizeLog2;
  if (body < TAG_BYTES || lastChunk < (isFirst ? 0 : 1)) {
    throw new CryptoError(
      'CONTENT_TRUNCATED',
      `no content is ${sizeBytes} bytes long at a chunk size of 2^${chunkSizeLog2}: it was cut`,
    );
  }
  return plaintext;
}

function assertSize(value: number, label: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`"${label}" expected integer in 0..2^53-1`);
  }
}
