/**
 * Keys derived from one seed by label: how a keyring of scope keys fits in 32 bytes.
 *
 * @module
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { assertBytes, assertLength, concatBytes } from '../bytes.js';
import { drawBytes } from '../group/scalar.js';
import { systemRng } from '../rng.js';
import { secretKeyOf } from './keys.js';
import type { RandomOptions, SecretKey } from './keys.js';
import { Opaque, redacted } from './opaque.js';
import { DERIVATION_LABELS, hashToScalar } from './transcript.js';

const SEED_SIZE_BYTES = 32;
const SECRET_SIZE_BYTES = 64;

/**
 * Derives independent keys, secrets and further factories. The same seed and label give the same
 * result; one result tells nothing of another or of the seed.
 *
 * @see docs/protocol.md §4.5
 */
export class SecretKeyFactory extends Opaque {
  readonly #seed: Uint8Array;

  private constructor(seed: Uint8Array) {
    super();
    this.#seed = seed;
  }

  static random(options: RandomOptions = {}): SecretKeyFactory {
    return new SecretKeyFactory(
      Uint8Array.from(drawBytes(options.rng ?? systemRng, SEED_SIZE_BYTES)),
    );
  }

  /** The length of a seed in bytes. */
  static seedSize(): number {
    return SEED_SIZE_BYTES;
  }

  /**
   * Makes a factory of a seed that the caller has.
   *
   * @param seed - 32 bytes from a cryptographic generator. A password is not one.
   * @throws {@link CryptoError} `LENGTH_INVALID`.
   */
  static fromSecureRandomness(seed: Uint8Array): SecretKeyFactory {
    assertLength(seed, SEED_SIZE_BYTES, 'seed');
    return new SecretKeyFactory(Uint8Array.from(seed));
  }

  /** 64 secret bytes for `label`. */
  makeSecret(label: Uint8Array): Uint8Array {
    return this.#derive(infoOf('secret', label), SECRET_SIZE_BYTES);
  }

  /** The secret key for `label`. */
  makeKey(label: Uint8Array): SecretKey {
    const info = infoOf('key', label);
    return secretKeyOf(hashToScalar(info, this.#derive(info, SECRET_SIZE_BYTES)));
  }

  /** The factory for `label`: a subtree of keys that can be handed out whole. */
  makeFactory(label: Uint8Array): SecretKeyFactory {
    return new SecretKeyFactory(this.#derive(infoOf('factory', label), SEED_SIZE_BYTES));
  }

  toString(): string {
    return redacted('SecretKeyFactory');
  }

  #derive(info: Uint8Array, sizeBytes: number): Uint8Array {
    return hkdf(sha256, this.#seed, undefined, info, sizeBytes);
  }
}

function infoOf(kind: keyof typeof DERIVATION_LABELS, label: Uint8Array): Uint8Array {
  assertBytes(label, 'label');
  return concatBytes(DERIVATION_LABELS[kind], label);
}
