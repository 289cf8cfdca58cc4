/**
 * The scalar field of secp256k1: integers modulo the group order n.
 *
 * Scalars are bigints. JavaScript promises no constant time for bigint arithmetic, so the additions,
 * products and inversions here leak a little of their operands' size to an observer of fine timing
 * on the same machine. Multiplications of points by secret scalars, where a timing leak is worst and
 * best studied, go through the backend's constant-time routines instead.
 *
 * @module
 */
import { assertLength } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import type { Rng } from '../rng.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';

/** An integer in 0..n-1. */
export type Scalar = bigint;

/** A scalar on the wire: 32 bytes, big-endian. */
export const SCALAR_SIZE_BYTES = 32;

const field = secp256k1.Point.Fn;

/** The order n of the group. */
export const GROUP_ORDER: bigint = field.ORDER;

/** More draws than this means that the generator is broken (one draw in 2^128 is out of range). */
const MAX_DRAWS = 64;

export const addScalars = (a: Scalar, b: Scalar): Scalar => (a + b) % GROUP_ORDER;
export const subtractScalars = (a: Scalar, b: Scalar): Scalar => field.sub(a, b);
export const multiplyScalars = (a: Scalar, b: Scalar): Scalar => (a * b) % GROUP_ORDER;
export const negateScalar = (a: Scalar): Scalar => field.neg(a);

/** @throws RangeError for zero. Variable time in `a` (extended Euclid). */
export function invertScalar(a: Scalar): Scalar {
  if (a === 0n) throw new RangeError('"a" expected non-zero scalar');
  return field.inv(a);
}

/** Encodes a scalar as 32 bytes, big-endian. */
export function scalarToBytes(scalar: Scalar): Uint8Array {
  const bytes = new Uint8Array(SCALAR_SIZE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, scalar >> 192n);
  view.setBigUint64(8, scalar >> 128n);
  view.setBigUint64(16, scalar >> 64n);
  view.setBigUint64(24, scalar);
  return bytes;
}

/** Reads 32 bytes, big-endian, without reducing: the result may be n or more. */
export function integerFromBytes(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, SCALAR_SIZE_BYTES);
  return (
    (view.getBigUint64(0) << 192n) |
    (view.getBigUint64(8) << 128n) |
    (view.getBigUint64(16) << 64n) |
    view.getBigUint64(24)
  );
}

/**
 * Decodes a scalar in 0..n-1.
 *
 * @throws {@link CryptoError} `LENGTH_INVALID` unless 32 bytes; `SCALAR_INVALID` for n or more.
 */
export function scalarFromBytes(bytes: Uint8Array, label: string): Scalar {
  assertLength(bytes, SCALAR_SIZE_BYTES, label);
  const scalar = integerFromBytes(bytes);
  if (scalar >= GROUP_ORDER) {
    throw new CryptoError('SCALAR_INVALID', `${label}: not below the group order`);
  }
  return scalar;
}

/**
 * Decodes a scalar in 1..n-1.
 *
 * @throws {@link CryptoError} `LENGTH_INVALID` unless 32 bytes; `SCALAR_INVALID` for zero, n or more.
 */
export function nonZeroScalarFromBytes(bytes: Uint8Array, label: string): Scalar {
  const scalar = scalarFromBytes(bytes, label);
  if (scalar === 0n) throw new CryptoError('SCALAR_INVALID', `${label}: zero`);
  return scalar;
}

/** Draws `length` bytes and refuses a generator that gives fewer. */
export function drawBytes(rng: Rng, length: number): Uint8Array {
  const bytes = rng(length);
  if (bytes.length !== length) throw new RangeError(`"rng" expected to return ${length} bytes`);
  return bytes;
}

/** Draws a uniform scalar in 1..n-1 by rejection: 32 bytes a try. */
export function randomScalar(rng: Rng): Scalar {
  for (let draw = 0; draw < MAX_DRAWS; draw += 1) {
    const candidate = integerFromBytes(drawBytes(rng, SCALAR_SIZE_BYTES));
    if (candidate !== 0n && candidate < GROUP_ORDER) return candidate;
  }
  throw new RangeError('"rng" gave no scalar in range: the generator is broken');
}
