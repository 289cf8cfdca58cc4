/**
 * Writing an envelope (docs/protocol.md §5).
 *
 * @module
 */
import { defaultProvider } from '../provider/default-provider.js';
import { systemRng } from '../rng.js';
import type { Rng } from '../rng.js';
import { ByteSource, closingWith } from './byte-source.js';
import type { ByteStream } from './byte-source.js';
import { chunksOf, inOrder } from './chunks.js';
import { assertChunkSizeLog2, DEFAULT_CHUNK_SIZE_LOG2, SALT_BYTES } from './content-header.js';
import { chunkNonce, newContentKeys } from './content-keys.js';
import { assertContentOptions, chunksInFlight } from './content-options.js';
import type { ContentOptions } from './content-options.js';
import { AES_256_GCM_STREAM } from './content-suite.js';

/** Options of {@link encryptContent}. */
export interface EncryptContentOptions extends ContentOptions {
  /** Plaintext per chunk, 16 (64 KiB) to 24 (16 MiB). Default 20 (1 MiB). */
  readonly chunkSizeLog2?: number | undefined;
  /**
   * Source of the 32-byte salt. Default {@link systemRng}. A salt that comes twice with the same DEK
   * and context repeats the nonces, so inject one in tests only.
   */
  readonly rng?: Rng | undefined;
}

/**
 * Encrypts a record's content into an envelope: a header, then authenticated chunks.
 *
 * (Author side.) Whoever sees the envelope learns the size of the content and nothing else. The
 * pieces come out in the size of a chunk. Memory stays at a few chunks however long the source is;
 * up to three chunks are encrypted while the consumer works on the one before.
 *
 * @param source - Plaintext in pieces of any size. It is closed (`return()`) when the consumer leaves
 * early, on abort and on error.
 * @returns The envelope, {@link contentSizeBytes} long; to be iterated once.
 * @throws {@link CryptoError} `LENGTH_INVALID` (at once) for a DEK of another length; while iterating,
 * `CONTENT_TOO_LARGE` past 2^32 chunks, and whatever the source throws.
 */
export function encryptContent(
  source: ByteStream,
  options: EncryptContentOptions,
): AsyncIterableIterator<Uint8Array> {
  assertContentOptions(options);
  assertChunkSizeLog2(options.chunkSizeLog2 ?? DEFAULT_CHUNK_SIZE_LOG2);
  const input = new ByteSource(source, options.signal);
  return closingWith(input, sealChunks(input, options));
}

async function* sealChunks(
  input: ByteSource,
  options: EncryptContentOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { chunkSizeLog2 = DEFAULT_CHUNK_SIZE_LOG2, rng = systemRng } = options;
  const chunkSizeBytes = 2 ** chunkSizeLog2;
  try {
    options.signal?.throwIfAborted();
    const { header, keys } = await newContentKeys(
      options,
      { suite: AES_256_GCM_STREAM, chunkSizeLog2, salt: drawSalt(rng) },
      options.provider ?? defaultProvider(),
    );
    yield header;
    // One slot: seal() reads the chunk before it returns.
    const sealed = inOrder(
      chunksOf(input, chunkSizeBytes, 1),
      ({ index, last, bytes }) =>
        keys.aead.seal(chunkNonce(keys.noncePrefix, index, last), keys.aad, bytes),
      chunksInFlight(chunkSizeBytes),
    );
    for await (const chunk of sealed) {
      options.signal?.throwIfAborted();
      yield chunk;
    }
  } finally {
    await input.close();
  }
}

function drawSalt(rng: Rng): Uint8Array {
  const salt = rng(SALT_BYTES);
  if (salt.length !== SALT_BYTES)
    throw new RangeError(`"rng" expected to return ${SALT_BYTES} bytes`);
  return salt;
}
