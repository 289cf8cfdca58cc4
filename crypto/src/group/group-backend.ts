/**
 * The group operations that Umbral needs, behind one small interface.
 *
 * @module
 */
import { assertBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { POINT_SIZE_BYTES } from './point.js';
import type { Point } from './point.js';
import type { Scalar } from './scalar.js';

/** A scalar times a point, both public. */
export type PublicTerm = readonly [scalar: Scalar, point: Point];

/** An ECDSA signature with what is needed to recover the signer's key from it. */
export interface RawSignature {
  /** r then s, 32 bytes big-endian each, low s. */
  readonly bytes: Uint8Array;
  /** 0..3: the parity of the nonce point's y, plus 2 in the negligible case that its x is n or more. */
  readonly recoveryId: number;
}

/**
 * Arithmetic in secp256k1 and ECDSA over it. All backends give identical bytes.
 *
 * Scalars given to `mul*` are in 1..n-1. Methods with "secret" scalars run in constant time as far
 * as the backend can (see each backend); `mulPublic` does not, and must never see a secret.
 */
export interface GroupBackend {
  readonly name: string;

  /**
   * Decodes a SEC1 compressed point.
   *
   * @throws {@link CryptoError} `POINT_INVALID` for any other encoding, the identity, or a point that
   * is not on the curve.
   */
  decodePoint(compressed: Uint8Array): Point;

  /** Secret scalar times the generator G. */
  mulBase(scalar: Scalar): Point;

  /** Secret scalar times Umbral's second generator u. */
  mulU(scalar: Scalar): Point;

  /** Secret scalar times a point. */
  mulSecret(point: Point, scalar: Scalar): Point;

  /** The sum of public products (scalars in 0..n-1), variable time; `null` for the identity. */
  mulPublic(terms: readonly PublicTerm[]): Point | null;

  /**
   * Signs a SHA-256 digest: hedged RFC 6979, low s.
   *
   * @param extraEntropy - 32 bytes, additional data of RFC 6979 §3.6.
   */
  ecdsaSign(digest: Uint8Array, secretScalar: Scalar, extraEntropy: Uint8Array): RawSignature;

  /** Whether the 64-byte signature, with low s, is the key's over the digest. */
  ecdsaVerify(signature: Uint8Array, digest: Uint8Array, verifyingPoint: Point): boolean;

  /** The key that made the signature, or `null` when there is none. */
  ecdsaRecover(signature: Uint8Array, recoveryId: number, digest: Uint8Array): Point | null;
}

/** Options of operations that compute in the group. */
export interface BackendOptions {
  /** Default: the process's backend, which is noble unless `useBackend` has been called. */
  readonly backend?: GroupBackend | undefined;
}

/**
 * Refuses, before any backend sees them, encodings that some libraries accept and SEC1's compressed
 * form is not: 0x04 uncompressed, 0x05 compact, 0x06/0x07 hybrid, 0x00 the identity.
 */
export function assertCompressed(bytes: Uint8Array): void {
  assertBytes(bytes, 'point');
  if (bytes.length !== POINT_SIZE_BYTES || (bytes[0] !== 0x02 && bytes[0] !== 0x03)) {
    throw new CryptoError(
      'POINT_INVALID',
      'point: expected 33 bytes, SEC1 compressed (first byte 0x02 or 0x03)',
    );
  }
}

/** The error for a well-formed encoding of no point of the curve. */
export function notOnCurve(): CryptoError {
  return new CryptoError('POINT_INVALID', 'point: not on the curve');
}
