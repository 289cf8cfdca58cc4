/**
 * ECDSA signatures over SHA-256.
 *
 * @module
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { assertBytes, equalBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import type { BackendOptions } from '../group/group-backend.js';
import { pointOf } from './keys.js';
import type { PublicKey } from './keys.js';
import { Opaque, describe } from './opaque.js';
import { checkedSignatureBytes } from './signature-bytes.js';

/** A signature in canonical form (low s). Immutable. */
export class Signature extends Opaque {
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  /**
   * Decodes r and s.
   *
   * @param data - 64 bytes: r, s, big-endian.
   * @throws {@link CryptoError} `LENGTH_INVALID`; `SIGNATURE_INVALID` when out of range or with high s.
   */
  static fromBEBytes(data: Uint8Array): Signature {
    return new Signature(checkedSignatureBytes(data));
  }

  /**
   * Decodes the ASN.1 DER form, strictly (no BER).
   *
   * @throws {@link CryptoError} `SIGNATURE_INVALID`.
   */
  static fromDerBytes(data: Uint8Array): Signature {
    assertBytes(data, 'signature');
    let bytes: Uint8Array;
    try {
      bytes = secp256k1.Signature.fromBytes(data, 'der').toBytes('compact');
    } catch {
      throw new CryptoError('SIGNATURE_INVALID', 'signature: not in DER form');
    }
    return Signature.fromBEBytes(bytes);
  }

  /** r, s: 64 bytes, big-endian. */
  toBEBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** ASN.1 DER, at most 71 bytes. */
  toDerBytes(): Uint8Array {
    return secp256k1.Signature.fromBytes(this.#bytes, 'compact').toBytes('der');
  }

  /** Whether the owner of `verifyingPk` signed SHA-256 of `message`. One ECDSA verification. */
  verify(verifyingPk: PublicKey, message: Uint8Array, options: BackendOptions = {}): boolean {
    assertBytes(message, 'message');
    const backend = options.backend ?? defaultBackend();
    return backend.ecdsaVerify(this.#bytes, sha256(message), pointOf(verifyingPk));
  }

  equals(other: Signature): boolean {
    return equalBytes(this.#bytes, other.#bytes);
  }

  toString(): string {
    return describe('Signature', this.#bytes);
  }
}
