/**
 * ECDSA signatures that name their key.
 *
 * @module
 */
import { assertLength, concatBytes, equalBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { Opaque, describe } from './opaque.js';
import { SIGNATURE_SIZE_BYTES, checkedSignatureBytes } from './signature-bytes.js';

const RECOVERABLE_SIZE_BYTES = SIGNATURE_SIZE_BYTES + 1;
const MAX_RECOVERY_ID = 3;

/** A signature with its recovery ID, for {@link PublicKey.recoverFromPrehash}. Immutable. */
export class RecoverableSignature extends Opaque {
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  /**
   * Decodes r, s and the recovery ID.
   *
   * @param data - 65 bytes: r, s, big-endian, then the recovery ID, 0..3.
   * @throws {@link CryptoError} `LENGTH_INVALID`; `SIGNATURE_INVALID` when out of range or with high s.
   */
  static fromBEBytes(data: Uint8Array): RecoverableSignature {
    assertLength(data, RECOVERABLE_SIZE_BYTES, 'recoverable signature');
    const recoveryId = data[SIGNATURE_SIZE_BYTES] ?? 0;
    if (recoveryId > MAX_RECOVERY_ID) {
      throw new CryptoError('SIGNATURE_INVALID', 'recoverable signature: recovery ID out of range');
    }
    const signature = checkedSignatureBytes(data.subarray(0, SIGNATURE_SIZE_BYTES));
    return new RecoverableSignature(concatBytes(signature, Uint8Array.of(recoveryId)));
  }

  /** r, s, recovery ID: 65 bytes. */
  toBEBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  equals(other: RecoverableSignature): boolean {
    return equalBytes(this.#bytes, other.#bytes);
  }

  toString(): string {
    return describe('RecoverableSignature', this.#bytes);
  }
}
