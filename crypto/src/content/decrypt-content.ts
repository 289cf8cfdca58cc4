/**
 * Reading an envelope (docs/protocol.md §5).
 *
 * @module
 */
import { TAG_BYTES } from '../provider/crypto-provider.js';
import { defaultProvider } from '../provider/default-provider.js';
import { ByteSource, closingWith } from './byte-source.js';
import type { ByteStream } from './byte-source.js';
import { chunksOf, inOrder } from './chunks.js';
import { parseContentHeader, parsePrelude, PRELUDE_BYTES } from './content-header.js';
import type { ContentHeader } from './content-header.js';
import { existingContentKeys } from './content-keys.js';
import { assertContentOptions, chunksInFlight } from './content-options.js';
import type { ContentOptions } from './content-options.js';
import { openChunk } from './open-chunk.js';

/**
 * Decrypts an envelope.
 *
 * (Reader side.) Every piece that comes out is authentic and in its place: a chunk is yielded after
 * its tag was checked, the last one after the source has ended. Until the iteration has ended without
 * an error the content may still turn out to be cut, so do not act on a part of it before.
 *
 * @param source - The envelope in pieces of any size. It is closed (`return()`) when the consumer
 * leaves early, on abort and on error.
 * @returns The plaintext, in pieces of a chunk; to be iterated once. Content of no bytes gives no piece.
 * @throws {@link CryptoError} `LENGTH_INVALID` (at once) for a DEK of another length; while iterating,
 * `CONTENT_HEADER_INVALID`, `CONTENT_SUITE_UNKNOWN`, `CONTENT_KEY_MISMATCH` (another DEK or context, or
 * an altered header), `CONTENT_CHUNK_INVALID` (altered, cut within a chunk, reordered, repeated,
 * spliced), `CONTENT_TRUNCATED` (cut between chunks), `CONTENT_TRAILING_DATA`.
 */
export function decryptContent(
  source: ByteStream,
  options: ContentOptions,
): AsyncIterableIterator<Uint8Array> {
  assertContentOptions(options);
  const input = new ByteSource(source, options.signal);
  return closingWith(input, openChunks(input, options));
}

async function* openChunks(
  input: ByteSource,
  options: ContentOptions,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    const header = await takeHeader(input);
    const keys = await existingContentKeys(options, header, options.provider ?? defaultProvider());
    const width = chunksInFlight(header.chunkSizeBytes);
    const opened = inOrder(
      chunksOf(input, header.chunkSizeBytes + TAG_BYTES, width),
      (chunk) => openChunk(keys, chunk),
      width,
    );
    for await (const plaintext of opened) {
      options.signal?.throwIfAborted();
      if (plaintext.length > 0) yield plaintext;
    }
  } finally {
    await input.close();
  }
}

/** Reads the header off a stream. @throws {@link CryptoError} as {@link parseContentHeader}. */
export async function takeHeader(input: ByteSource): Promise<ContentHeader> {
  const prelude = await input.take(PRELUDE_BYTES);
  const { headerSizeBytes } = parsePrelude(prelude);
  const rest = await input.take(headerSizeBytes - PRELUDE_BYTES);
  const bytes = new Uint8Array(PRELUDE_BYTES + rest.length);
  bytes.set(prelude);
  bytes.set(rest, PRELUDE_BYTES);
  return parseContentHeader(bytes);
}
