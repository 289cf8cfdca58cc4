/**
 * A share of a secret key, for one custodian.
 *
 * @module
 */
import { assertLength, concatBytes, equalBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import type { BackendOptions } from '../group/group-backend.js';
import { SCALAR_SIZE_BYTES, nonZeroScalarFromBytes, scalarToBytes } from '../group/scalar.js';
import type { Scalar } from '../group/scalar.js';
import { publicKeyOf } from '../umbral/keys.js';
import { Opaque } from '../umbral/opaque.js';
import type { ShareCommitments } from './commitments.js';

/** A share on the wire: its index, one byte, and its scalar. */
export const KEY_SHARE_SIZE_BYTES = 1 + SCALAR_SIZE_BYTES;

/** The parts of a share. `value` is secret. */
export interface KeyShareParts {
  readonly index: number;
  readonly value: Scalar;
  readonly commitments: ShareCommitments;
}

let readParts: (share: KeyShare) => KeyShareParts;
let admitParts: (parts: KeyShareParts) => KeyShare;

/**
 * A share that is known to belong to its commitments. Secret; it prints without its value.
 *
 * An instance is the proof of the check, so that a custodian cannot be made to answer with a share
 * that convicts it.
 *
 * @see docs/protocol.md §4.8
 */
export class KeyShare extends Opaque {
  readonly #parts: KeyShareParts;

  private constructor(parts: KeyShareParts) {
    super();
    this.#parts = parts;
  }

  static {
    readParts = (share) => share.#parts;
    admitParts = (parts) => new KeyShare(parts);
  }

  /**
   * Decodes a share and checks it against the commitments.
   *
   * (Custodian side.) Once, at receipt, and again at each use where the storage is not trusted.
   *
   * @param data - 33 bytes: index (1), scalar (32, big-endian).
   * @throws {@link CryptoError} `LENGTH_INVALID`, `SCALAR_INVALID`; `SHARE_INVALID` when it is not
   * the share with that index of these commitments. Cost: `threshold` + 1 multiplications.
   */
  static fromBytes(
    data: Uint8Array,
    commitments: ShareCommitments,
    options: BackendOptions = {},
  ): KeyShare {
    assertLength(data, KEY_SHARE_SIZE_BYTES, 'key share');
    const index = data[0] ?? 0;
    const value = nonZeroScalarFromBytes(data.subarray(1), 'key share');
    return checkedShare({ index, value, commitments }, options);
  }

  /** 1..255: where the polynomial was evaluated. Public. */
  get index(): number {
    return this.#parts.index;
  }

  get commitments(): ShareCommitments {
    return this.#parts.commitments;
  }

  /** As {@link KeyShare.fromBytes} reads it. Secret: seal it before it leaves the process. */
  toBytes(): Uint8Array {
    const { index, value } = this.#parts;
    return concatBytes(Uint8Array.of(index), scalarToBytes(value));
  }

  equals(other: KeyShare): boolean {
    return equalBytes(this.toBytes(), other.toBytes());
  }

  toString(): string {
    return `KeyShare:${String(this.#parts.index)}:...`;
  }
}

/** @throws {@link CryptoError} `SHARE_INVALID` where value and commitments do not belong together. */
export function checkedShare(parts: KeyShareParts, options: BackendOptions): KeyShare {
  const { index, value, commitments } = parts;
  if (index === 0) throw new CryptoError('SHARE_INVALID', 'key share: index 0');
  const own = (options.backend ?? defaultBackend()).mulBase(value);
  if (!publicKeyOf(own).equals(commitments.sharePublicKey(index, options))) {
    throw new CryptoError('SHARE_INVALID', 'key share: does not match the commitments');
  }
  return admitParts(parts);
}

/** The parts of a share. For this package's protocols; not exported from it. */
export const partsOfKeyShare = (share: KeyShare): KeyShareParts => readParts(share);

/** A share that this process has just made. For this package's protocols; not exported from it. */
export const ownKeyShare = (parts: KeyShareParts): KeyShare => admitParts(parts);
