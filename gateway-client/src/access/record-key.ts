/**
 * The key of one record, as its reader holds it.
 *
 * @module
 */
import { decryptContent, tapSha256, type Sha256Tap } from '@emr-share/crypto';
import { EmrError, type ScopeId, type TransactionRecord } from '@emr-share/model';
import { watchStream } from '../byte-stream.js';
import { tampered } from '../crypto-failure.js';
import type { CallOptions } from '../ports/ledger.js';
import { contentContext } from '../records/content-context.js';

/** A DEK that can only decrypt, and prints as `RecordKey:<record ID>`. */
export class RecordKey {
  readonly record: TransactionRecord;
  readonly #dek: Uint8Array;

  constructor(record: TransactionRecord, dek: Uint8Array) {
    this.record = record;
    this.#dek = dek;
  }

  /**
   * Decrypts the record's ciphertext, in pieces of any size, with constant memory.
   *
   * Every piece that comes out is authentic; the last one is held back until the hash and the size
   * of the whole ciphertext are those that the ledger has. Errors of `ciphertext` pass through.
   *
   * @returns the plaintext, to be iterated once.
   * @throws EmrError `CIPHERTEXT_TAMPERED` where it is not, byte for byte, what was filed.
   */
  decrypt(
    ciphertext: AsyncIterable<Uint8Array>,
    options: CallOptions = {},
  ): AsyncIterableIterator<Uint8Array> {
    const { recordId, info, metadata } = this.record;
    const tap = tapSha256(limited(this.record, ciphertext));
    const context = contentContext(recordId, this.#encryptionScope(), info.securityLevel);
    const plaintext = decryptContent(tap.stream, {
      dek: this.#dek,
      context,
      signal: options.signal,
    });
    return lastPieceAfter(plaintext, {
      check: () => {
        assertFiled(this.record, tap, metadata.ciphertextSha256);
      },
      onError: (error) => tampered(recordId, error),
    });
  }

  toString(): string {
    return `RecordKey:${this.record.recordId}`;
  }

  toJSON(): string {
    return this.toString();
  }

  /** The content is bound to the scope that it was filed for, whichever wrap gave the DEK. */
  #encryptionScope(): ScopeId {
    return this.record.metadata.keyWrap.scopeId;
  }
}

/** Ends a ciphertext that grows past its size: an endless one must not be read for ever. */
function limited(
  { recordId, metadata }: TransactionRecord,
  ciphertext: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  let sizeBytes = 0;
  return watchStream(ciphertext, {
    onPiece: (piece) => {
      sizeBytes += piece.length;
      if (sizeBytes > metadata.sizeBytes) {
        throw new EmrError('CIPHERTEXT_TAMPERED', { recordId, problem: 'it is too long' });
      }
    },
  });
}

function assertFiled({ recordId }: TransactionRecord, tap: Sha256Tap, sha256Hex: string): void {
  if (tap.result().sha256Hex !== sha256Hex) {
    throw new EmrError('CIPHERTEXT_TAMPERED', { recordId, problem: 'its hash is another one' });
  }
}

async function* lastPieceAfter(
  source: AsyncIterable<Uint8Array>,
  { check, onError }: { readonly check: () => void; readonly onError: (error: unknown) => unknown },
): AsyncGenerator<Uint8Array, void, void> {
  let held: Uint8Array | null = null;
  try {
    for await (const piece of source) {
      if (held !== null) yield held;
      held = piece;
    }
    check();
  } catch (error) {
    throw onError(error);
  }
  if (held !== null) yield held;
}
