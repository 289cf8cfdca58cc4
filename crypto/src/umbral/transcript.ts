/**
 * Every domain tag and every hash to a scalar of the protocol, in one place.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, u32be, utf8ToBytes } from '../bytes.js';
import type { Point } from '../group/point.js';
import { GROUP_ORDER, integerFromBytes } from '../group/scalar.js';
import type { Scalar } from '../group/scalar.js';

const TAGS = {
  capsulePoints: utf8ToBytes('CAPSULE_POINTS'),
  cfragVerification: utf8ToBytes('CFRAG_VERIFICATION'),
  polynomialArgument: utf8ToBytes('POLYNOMIAL_ARG'),
  sharedSecret: utf8ToBytes('SHARED_SECRET'),
} as const;

/** Labels of {@link SecretKeyFactory}'s derivations. */
export const DERIVATION_LABELS = {
  key: utf8ToBytes('KEY_DERIVATION/'),
  secret: utf8ToBytes('SECRET_DERIVATION/'),
  factory: utf8ToBytes('FACTORY_DERIVATION/'),
} as const;

/**
 * Hashes to a scalar in 1..n-1: SHA-256 of u32be(tag length), tag and parts; modulo n-1; plus 1.
 *
 * The parts carry no lengths: every use has parts of fixed length. The bias of the reduction is
 * below 2^-127.
 *
 * @see docs/protocol.md §4.1
 */
export function hashToScalar(tag: Uint8Array, ...parts: readonly Uint8Array[]): Scalar {
  const digest = sha256(concatBytes(u32be(tag.length), tag, ...parts));
  return (integerFromBytes(digest) % (GROUP_ORDER - 1n)) + 1n;
}

const hashPoints = (tag: Uint8Array, points: readonly Point[], ...rest: Uint8Array[]): Scalar =>
  hashToScalar(tag, ...points.map((point) => point.toCompressedBytes()), ...rest);

/** The challenge that binds a capsule's s to its E and V. */
export const hashCapsulePoints = (e: Point, v: Point): Scalar =>
  hashPoints(TAGS.capsulePoints, [e, v]);

/** d, known to the delegator and to the delegatee alone. `dh` is their Diffie-Hellman point. */
export const hashSharedSecret = (precursor: Point, receiving: Point, dh: Point): Scalar =>
  hashPoints(TAGS.sharedSecret, [precursor, receiving, dh]);

/** Where kfrag `id` evaluates the delegator's polynomial. */
export const hashPolynomialArgument = (
  precursor: Point,
  receiving: Point,
  dh: Point,
  id: Uint8Array,
): Scalar => hashPoints(TAGS.polynomialArgument, [precursor, receiving, dh], id);

/** The challenge of the proof of correct re-encryption; points in the order E E1 E2 V V1 V2 u U1 U2. */
export const hashCfragProof = (points: readonly Point[]): Scalar =>
  hashPoints(TAGS.cfragVerification, points);

/** The message that a kfrag's signatures cover. A key given as `null` is left out, and says so. */
export function kfragMessage(
  id: Uint8Array,
  commitment: Point,
  precursor: Point,
  delegating: Point | null,
  receiving: Point | null,
): Uint8Array {
  return concatBytes(
    id,
    commitment.toCompressedBytes(),
    precursor.toCompressedBytes(),
    optionalPoint(delegating),
    optionalPoint(receiving),
  );
}

function optionalPoint(point: Point | null): Uint8Array {
  if (point === null) return Uint8Array.of(0);
  return concatBytes(Uint8Array.of(1), point.toCompressedBytes());
}
