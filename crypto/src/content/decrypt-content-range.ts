/**
 * Reading a part of an envelope (docs/protocol.md §5.4).
 *
 * @module
 */
import { CryptoError } from '../crypto-error.js';
import type { CryptoErrorCode } from '../crypto-error.js';
import { TAG_BYTES } from '../provider/crypto-provider.js';
import { defaultProvider } from '../provider/default-provider.js';
import { ByteSource, closingWith } from './byte-source.js';
import type { ByteStream } from './byte-source.js';
import { chunksOf, inOrder } from './chunks.js';
import type { Chunk } from './chunks.js';
import { existingContentKeys } from './content-keys.js';
import { assertContentOptions, chunksInFlight } from './content-options.js';
import type { ContentOptions } from './content-options.js';
import { contentPlaintextSizeBytes } from './content-size.js';
import { MAX_HEADER_BYTES } from './content-suite.js';
import type { ContentHeader } from './content-header.js';
import { takeHeader } from './decrypt-content.js';
import { openChunk } from './open-chunk.js';

/** Reads `lengthBytes` bytes of the stored envelope from `offset` on. */
export type ReadRange = (offset: number, lengthBytes: number) => ByteStream;

/** Options of {@link decryptContentRange}. */
export interface DecryptContentRangeOptions extends ContentOptions {
  /** Size of the whole envelope, from the ledger: it tells which chunk is the last. */
  readonly contentSizeBytes: number;
  /** First plaintext byte. Default 0. */
  readonly offset?: number | undefined;
  /** Number of plaintext bytes; what goes past the end is left out. Default: to the end. */
  readonly lengthBytes?: number | undefined;
}

/**
 * Decrypts a part of an envelope, reading its header and the chunks that the part touches.
 *
 * (Reader side.) What comes out is authentic and in its place, as with {@link decryptContent}; chunks
 * outside the part are not looked at, so this says nothing about whether they are sound.
 *
 * @param readRange - Called twice: for the header, then for the chunks. Each stream is closed as
 * {@link decryptContent} closes its source.
 * @throws RangeError (at once) for an offset or length that is no size; while iterating, for an offset
 * past the end. {@link CryptoError} as {@link decryptContent}; `CONTENT_TRUNCATED` and
 * `CONTENT_TRAILING_DATA` also when `readRange` gives fewer or more bytes than it was asked for.
 */
export function decryptContentRange(
  readRange: ReadRange,
  options: DecryptContentRangeOptions,
): AsyncIterableIterator<Uint8Array> {
  assertContentOptions(options);
  assertWhole(options.offset ?? 0, 'offset');
  assertWhole(options.lengthBytes ?? 0, 'lengthBytes');
  const reads = new RangeReads(readRange, options.signal);
  return closingWith(reads, openRange(reads, options));
}

async function* openRange(
  reads: RangeReads,
  options: DecryptContentRangeOptions,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    const header = await takeHeader(
      reads.open(0, Math.min(MAX_HEADER_BYTES, options.contentSizeBytes)),
    );
    await reads.close();
    const keys = await existingContentKeys(options, header, options.provider ?? defaultProvider());
    const part = coveringChunks(header, options);
    if (part.begin === part.end) return;
    const width = chunksInFlight(header.chunkSizeBytes);
    const opened = inOrder(
      chunksOf(reads.open(part.readOffset, part.readBytes), part.sealedChunkBytes, width),
      async (chunk) => openChunk(keys, placed(chunk, part)),
      width,
    );
    let start = part.firstChunk * header.chunkSizeBytes;
    for await (const plaintext of opened) {
      options.signal?.throwIfAborted();
      yield plaintext.subarray(Math.max(0, part.begin - start), part.end - start);
      start += plaintext.length;
    }
  } finally {
    await reads.close();
  }
}

/** The part of an envelope that a range of its plaintext lies in. */
interface CoveringChunks {
  /** The plaintext range, cut at the end of the content. */
  readonly begin: number;
  readonly end: number;
  readonly firstChunk: number;
  readonly sealedChunkBytes: number;
  /** Index of the envelope's last chunk. */
  readonly lastChunk: number;
  readonly readOffset: number;
  readonly readBytes: number;
}

function coveringChunks(
  header: ContentHeader,
  { contentSizeBytes, offset: begin = 0, lengthBytes }: DecryptContentRangeOptions,
): CoveringChunks {
  const { chunkSizeBytes, chunkSizeLog2, suite } = header;
  const plaintextSize = contentPlaintextSizeBytes(contentSizeBytes, chunkSizeLog2, suite);
  if (begin > plaintextSize) {
    throw new RangeError(`"offset" expected at most the content's ${plaintextSize} bytes`);
  }
  const end = Math.min(plaintextSize, begin + (lengthBytes ?? plaintextSize));
  const sealedChunkBytes = chunkSizeBytes + TAG_BYTES;
  const firstChunk = Math.floor(begin / chunkSizeBytes);
  const readOffset = suite.headerSizeBytes + firstChunk * sealedChunkBytes;
  const readEnd = suite.headerSizeBytes + Math.ceil(end / chunkSizeBytes) * sealedChunkBytes;
  return {
    begin,
    end,
    firstChunk,
    sealedChunkBytes,
    lastChunk: Math.max(0, Math.ceil(plaintextSize / chunkSizeBytes) - 1),
    readOffset,
    readBytes: Math.min(readEnd, contentSizeBytes) - readOffset,
  };
}

/** Gives a chunk of the part its place in the envelope, and holds the reader to the part's length. */
function placed({ index, last, bytes }: Chunk, part: CoveringChunks): Chunk {
  const readSoFar = index * part.sealedChunkBytes + bytes.length;
  if (last && readSoFar < part.readBytes) throw misread('CONTENT_TRUNCATED', 'fewer');
  if (readSoFar > part.readBytes) throw misread('CONTENT_TRAILING_DATA', 'more');
  const position = part.firstChunk + index;
  return { index: position, last: position === part.lastChunk, bytes };
}

function misread(code: CryptoErrorCode, amount: 'fewer' | 'more'): CryptoError {
  return new CryptoError(code, `the store gave ${amount} bytes of the content than were asked for`);
}

function assertWhole(value: number, label: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`"${label}" expected integer in 0..2^53-1`);
  }
}

/** The one stream that is read at a time, closable from outside. */
class RangeReads {
  readonly #readRange: ReadRange;
  readonly #signal: AbortSignal | undefined;
  #current: ByteSource | null = null;

  constructor(readRange: ReadRange, signal: AbortSignal | undefined) {
    this.#readRange = readRange;
    this.#signal = signal;
  }

  open(offset: number, lengthBytes: number): ByteSource {
    this.#signal?.throwIfAborted();
    this.#current = new ByteSource(this.#readRange(offset, lengthBytes), this.#signal);
    return this.#current;
  }

  async close(): Promise<void> {
    await this.#current?.close();
  }
}
