/**
 * The delegator's signing side: binds kfrags to the key that their checkers trust.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { assertBytes } from '../bytes.js';
import { defaultBackend } from '../group/default-backend.js';
import { drawBytes } from '../group/scalar.js';
import { systemRng } from '../rng.js';
import { scalarOf } from './keys.js';
import type { PublicKey, RandomOptions, SecretKey } from './keys.js';
import { Opaque, redacted } from './opaque.js';
import { Signature } from './signature.js';

const EXTRA_ENTROPY_SIZE_BYTES = 32;

/** Signs with one secret key. */
export class Signer extends Opaque {
  readonly #secretKey: SecretKey;

  constructor(secretKey: SecretKey) {
    super();
    this.#secretKey = secretKey;
  }

  /**
   * Signs SHA-256 of a message: ECDSA with low s and hedged deterministic nonces, so that neither a
   * weak generator nor a fault in a deterministic one gives the key away.
   *
   * @param options - `rng`: 32 bytes of additional data.
   * @see RFC 6979 §3.6
   */
  sign(message: Uint8Array, options: RandomOptions = {}): Signature {
    assertBytes(message, 'message');
    const backend = options.backend ?? defaultBackend();
    const extraEntropy = drawBytes(options.rng ?? systemRng, EXTRA_ENTROPY_SIZE_BYTES);
    const signed = backend.ecdsaSign(sha256(message), scalarOf(this.#secretKey), extraEntropy);
    return Signature.fromBEBytes(signed.bytes);
  }

  /** The public key that checks these signatures. */
  verifyingKey(options: RandomOptions = {}): PublicKey {
    return this.#secretKey.publicKey(options);
  }

  toString(): string {
    return redacted('Signer');
  }
}
