/**
 * Key pairs: a secret scalar and its point. The same kind of key encrypts, receives and signs.
 *
 * @module
 */
import { assertLength } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import type { BackendOptions } from '../group/group-backend.js';
import type { Point } from '../group/point.js';
import { nonZeroScalarFromBytes, randomScalar, scalarToBytes } from '../group/scalar.js';
import type { Scalar } from '../group/scalar.js';
import { systemRng } from '../rng.js';
import type { Rng } from '../rng.js';
import { Opaque, describe, redacted } from './opaque.js';
import type { RecoverableSignature } from './recoverable-signature.js';

/** Options of operations that draw randomness. */
export interface RandomOptions extends BackendOptions {
  /** Default: the platform's generator. Give another one for test vectors only. */
  readonly rng?: Rng | undefined;
}

const DIGEST_SIZE_BYTES = 32;

let readPoint: (publicKey: PublicKey) => Point;
let admitPoint: (point: Point) => PublicKey;
let readScalar: (secretKey: SecretKey) => Scalar;
let admitScalar: (scalar: Scalar) => SecretKey;

/** A public key: 33 bytes, SEC1 compressed. */
export class PublicKey extends Opaque {
  readonly #point: Point;

  private constructor(point: Point) {
    super();
    this.#point = point;
  }

  static {
    readPoint = (publicKey) => publicKey.#point;
    admitPoint = (point) => new PublicKey(point);
  }

  /**
   * Decodes a public key.
   *
   * @param data - 33 bytes, SEC1 compressed.
   * @throws {@link CryptoError} `POINT_INVALID` for another form, or no point of the curve.
   */
  static fromCompressedBytes(data: Uint8Array, options: BackendOptions = {}): PublicKey {
    return new PublicKey((options.backend ?? defaultBackend()).decodePoint(data));
  }

  /**
   * The key that made a recoverable signature.
   *
   * @param prehash - The 32-byte digest that was signed.
   * @throws {@link CryptoError} `LENGTH_INVALID`; `SIGNATURE_INVALID` when no key made it.
   */
  static recoverFromPrehash(
    prehash: Uint8Array,
    signature: RecoverableSignature,
    options: BackendOptions = {},
  ): PublicKey {
    assertLength(prehash, DIGEST_SIZE_BYTES, 'prehash');
    const backend = options.backend ?? defaultBackend();
    const bytes = signature.toBEBytes();
    const point = backend.ecdsaRecover(bytes.subarray(0, 64), bytes[64] ?? 0, prehash);
    if (point === null) {
      throw new CryptoError('SIGNATURE_INVALID', 'recoverable signature: no key made it');
    }
    return new PublicKey(point);
  }

  toCompressedBytes(): Uint8Array {
    return this.#point.toCompressedBytes();
  }

  equals(other: PublicKey): boolean {
    return this.#point.equals(other.#point);
  }

  toString(): string {
    return describe('PublicKey', this.toCompressedBytes());
  }
}

/**
 * A secret key: a scalar in 1..n-1.
 *
 * It prints as `SecretKey:...`; only {@link SecretKey.toBEBytes} gives it away. JavaScript cannot
 * wipe it: it stays in memory until the garbage collector has overwritten it.
 */
export class SecretKey extends Opaque {
  readonly #scalar: Scalar;
  #publicKey: PublicKey | undefined;

  private constructor(scalar: Scalar) {
    super();
    this.#scalar = scalar;
  }

  static {
    readScalar = (secretKey) => secretKey.#scalar;
    admitScalar = (scalar) => new SecretKey(scalar);
  }

  /** Draws a new key: 32 bytes of randomness. */
  static random(options: RandomOptions = {}): SecretKey {
    return new SecretKey(randomScalar(options.rng ?? systemRng));
  }

  /**
   * Decodes a secret key.
   *
   * @param data - 32 bytes, big-endian, 1..n-1.
   * @throws {@link CryptoError} `LENGTH_INVALID`; `SCALAR_INVALID` for zero, n or more.
   */
  static fromBEBytes(data: Uint8Array): SecretKey {
    return new SecretKey(nonZeroScalarFromBytes(data, 'secret key'));
  }

  /** The secret itself: 32 bytes, big-endian. Seal it before it is stored. */
  toBEBytes(): Uint8Array {
    return scalarToBytes(this.#scalar);
  }

  /** The matching public key: one multiplication, at the first call. */
  publicKey(options: BackendOptions = {}): PublicKey {
    this.#publicKey ??= admitPoint((options.backend ?? defaultBackend()).mulBase(this.#scalar));
    return this.#publicKey;
  }

  toString(): string {
    return redacted('SecretKey');
  }
}

/** The point of a public key. For this package's protocols; not exported from it. */
export const pointOf = (publicKey: PublicKey): Point => readPoint(publicKey);

/** The scalar of a secret key. For this package's protocols; not exported from it. */
export const scalarOf = (secretKey: SecretKey): Scalar => readScalar(secretKey);

/** The public key of a point that arithmetic gave. For this package; not exported from it. */
export const publicKeyOf = (point: Point): PublicKey => admitPoint(point);

/** The secret key of a derived non-zero scalar. For this package; not exported from it. */
export const secretKeyOf = (scalar: Scalar): SecretKey => admitScalar(scalar);
