/**
 * The envelope's header (docs/protocol.md §5.1).
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 4 | magic `EMRC` |
 * | 4 | 1 | version = 1 |
 * | 5 | 1 | suite |
 * | 6 | 1 | log2 of the chunk size, 16..24 |
 * | 7 | 1 | flags = 0 |
 * | 8 | 32 | salt |
 * | 40 | 32 | key commitment |
 *
 * Version and suite decide the length; the table is that of suite 1.
 *
 * @module
 */
import { concatBytes, equalBytes, utf8ToBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { contentSuite } from './content-suite.js';
import type { ContentSuite } from './content-suite.js';

/** The bytes of a header that name its version and suite, and so its length. */
export const PRELUDE_BYTES = 8;
/** Length of the salt: as long as the hash that HKDF runs on. */
export const SALT_BYTES = 32;
/** Length of the key commitment: collision resistance of 128 bits. */
export const COMMITMENT_BYTES = 32;
/** 1 MiB, the chunk size of the block store: one chunk, one block, nearly. */
export const DEFAULT_CHUNK_SIZE_LOG2 = 20;

const MAGIC = utf8ToBytes('EMRC');
const VERSION = 1;
const MIN_CHUNK_SIZE_LOG2 = 16;
const MAX_CHUNK_SIZE_LOG2 = 24;

/** A header, taken apart. Nothing in it is authenticated before a chunk has been opened. */
export interface ContentHeader {
  readonly suite: ContentSuite;
  readonly chunkSizeLog2: number;
  /** Plaintext bytes in every chunk but the last. */
  readonly chunkSizeBytes: number;
  /** 32 random bytes that make every envelope's keys its own. */
  readonly salt: Uint8Array;
  /** 32 bytes that only one DEK and context derive. */
  readonly commitment: Uint8Array;
  /** The encoded header. */
  readonly bytes: Uint8Array;
}

/**
 * Reads the header at the start of an envelope. Anyone may call it; it needs no key and shows nothing
 * but the suite and the chunk size.
 *
 * @param bytes - The header, with or without what follows it.
 * @throws {@link CryptoError} `CONTENT_HEADER_INVALID` for what is no envelope of version 1,
 * `CONTENT_SUITE_UNKNOWN`, `CONTENT_TRUNCATED` when `bytes` ends within the header.
 */
export function parseContentHeader(bytes: Uint8Array): ContentHeader {
  const suite = parsePrelude(bytes);
  if (bytes.length < suite.headerSizeBytes) throw truncatedHeader(bytes.length);
  const [chunkSizeLog2 = 0, flags] = bytes.subarray(6, PRELUDE_BYTES);
  if (chunkSizeLog2 < MIN_CHUNK_SIZE_LOG2 || chunkSizeLog2 > MAX_CHUNK_SIZE_LOG2) {
    throw invalid(`chunk size 2^${chunkSizeLog2} is outside 2^16..2^24 bytes`);
  }
  if (flags !== 0) throw invalid('flags are set that version 1 does not define');
  const saltEnd = PRELUDE_BYTES + SALT_BYTES;
  return {
    suite,
    chunkSizeLog2,
    chunkSizeBytes: 2 ** chunkSizeLog2,
    salt: bytes.slice(PRELUDE_BYTES, saltEnd),
    commitment: bytes.slice(saltEnd, saltEnd + COMMITMENT_BYTES),
    bytes: bytes.slice(0, suite.headerSizeBytes),
  };
}

/**
 * Reads magic, version and suite, the part of a header that tells how long it is.
 *
 * @throws {@link CryptoError} as {@link parseContentHeader}.
 */
export function parsePrelude(bytes: Uint8Array): ContentSuite {
  if (!equalBytes(bytes.subarray(0, 4), MAGIC.subarray(0, Math.min(4, bytes.length)))) {
    throw invalid('it does not begin with the magic bytes of an encrypted record');
  }
  if (bytes.length < PRELUDE_BYTES) throw truncatedHeader(bytes.length);
  const [version = 0, suiteId = 0] = bytes.subarray(4, 6);
  if (version !== VERSION) {
    throw invalid(
      `version ${version} is not known here; a newer version of this software may read it`,
    );
  }
  return contentSuite(suiteId);
}

/** Encodes the header of a new envelope. */
export function encodeContentHeader(
  fields: Pick<ContentHeader, 'suite' | 'chunkSizeLog2' | 'salt' | 'commitment'>,
): Uint8Array {
  return concatBytes(
    MAGIC,
    Uint8Array.of(VERSION, fields.suite.id, fields.chunkSizeLog2, 0),
    fields.salt,
    fields.commitment,
  );
}

/** @throws RangeError when `chunkSizeLog2` is not an integer in 16..24. */
export function assertChunkSizeLog2(chunkSizeLog2: number): void {
  if (
    !Number.isInteger(chunkSizeLog2) ||
    chunkSizeLog2 < MIN_CHUNK_SIZE_LOG2 ||
    chunkSizeLog2 > MAX_CHUNK_SIZE_LOG2
  ) {
    throw new RangeError('"chunkSizeLog2" expected integer in 16..24');
  }
}

function invalid(reason: string): CryptoError {
  return new CryptoError('CONTENT_HEADER_INVALID', `content header: ${reason}`);
}

function truncatedHeader(length: number): CryptoError {
  return new CryptoError('CONTENT_TRUNCATED', `content ends after ${length} bytes, in its header`);
}
