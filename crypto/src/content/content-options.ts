/**
 * What every operation on an envelope is given.
 *
 * @module
 */
import { assertBytes, assertLength } from '../bytes.js';
import type { CryptoProvider } from '../provider/crypto-provider.js';
import { DEK_BYTES } from './content-keys.js';

/** The key of one record version and what it is bound to; how to stop. */
export interface ContentOptions {
  /** Data encryption key: 32 random bytes, for this record version only. */
  readonly dek: Uint8Array;
  /**
   * Canonical bytes of the record ID, scope and security label. Not secret, not stored in the
   * envelope: it opens only for the context that it was made for.
   */
  readonly context: Uint8Array;
  /** Ends the operation at once with the signal's reason and closes the source. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the fastest of the platform. All give the same bytes. */
  readonly provider?: CryptoProvider | undefined;
}

const IN_FLIGHT_BYTES = 4 << 20;
const MAX_IN_FLIGHT_CHUNKS = 3;

/** @throws {@link CryptoError} `LENGTH_INVALID` for a DEK that is not 32 bytes long. */
export function assertContentOptions({ dek, context }: ContentOptions): void {
  assertLength(dek, DEK_BYTES, 'dek');
  assertBytes(context, 'context');
}

/** How many chunks of a size to work on at a time: at least two, so that work and I/O overlap. */
export function chunksInFlight(chunkSizeBytes: number): number {
  const fitting = Math.floor(IN_FLIGHT_BYTES / chunkSizeBytes);
  return Math.min(MAX_IN_FLIGHT_CHUNKS, Math.max(2, fitting));
}
