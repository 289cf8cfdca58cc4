/**
 * The content of a record whose key the reader has.
 *
 * @module
 */
import type { TransactionRecord } from '@emr-share/model';
import { readBytes, watchStream } from '../byte-stream.js';
import type { ProgressListener } from '../progress.js';
import type { RecordKey } from './record-key.js';

/** A record with its plaintext. */
export interface RecordContent {
  readonly record: TransactionRecord;
  /**
   * The plaintext, with constant memory; each iteration reads and checks it anew. Do not act on a
   * part of it before the iteration has ended without an error: see {@link RecordKey.decrypt}.
   */
  readonly content: AsyncIterable<Uint8Array>;
  /** All of {@link RecordContent.content} at once, for a record that fits in memory. */
  bytes(): Promise<Uint8Array>;
}

/** Where the ciphertext comes from, and who is told how much of it has come. */
export interface ReadingOptions {
  /** The ciphertext from its beginning; asked for at each iteration and not before. */
  readonly ciphertext: () => AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  readonly onProgress?: ProgressListener | undefined;
}

/** The content of a record, decrypted as it is read. */
export function contentOf(
  key: RecordKey,
  { ciphertext, signal, onProgress }: ReadingOptions,
): RecordContent {
  const { record } = key;
  const { sizeBytes: totalBytes } = record.info;
  const content = {
    [Symbol.asyncIterator]: () => {
      let bytes = 0;
      return watchStream(key.decrypt(ciphertext(), { signal }), {
        onPiece: (piece) => {
          bytes += piece.length;
          onProgress?.({ phase: 'read', bytes, totalBytes });
        },
      });
    },
  };
  return { record, content, bytes: () => readBytes(content) };
}
