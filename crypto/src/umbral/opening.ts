/**
 * Opening a capsule with cfrags: the delegatee's side.
 *
 * @module
 */
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import type { BackendOptions, GroupBackend, PublicTerm } from '../group/group-backend.js';
import { lagrangeWeights } from '../group/interpolation.js';
import type { Point } from '../group/point.js';
import { invertScalar, multiplyScalars } from '../group/scalar.js';
import type { Scalar } from '../group/scalar.js';
import { partsOfCapsuleFrag } from './capsule-frag.js';
import type { CapsuleFragParts, VerifiedCapsuleFrag } from './capsule-frag.js';
import { partsOfCapsule } from './capsule.js';
import type { Capsule } from './capsule.js';
import { pointOf, scalarOf } from './keys.js';
import type { PublicKey, SecretKey } from './keys.js';
import { hashPolynomialArgument, hashSharedSecret } from './transcript.js';

/**
 * Recovers the key seed that `capsule` encapsulates, for the delegatee.
 *
 * The interpolation weights are not secret: they are hashes under their own tag, and with them the
 * public cfrags give E' and V' only, which are worth nothing without d. So they may be multiplied in
 * variable time; d and the delegatee's key may not.
 *
 * @throws {@link CryptoError} `CFRAGS_EMPTY`, `CFRAGS_MISMATCHED`, `CFRAGS_REPEATED`,
 * `CFRAGS_INSUFFICIENT`.
 */
export function decapsulateReencrypted(
  receivingSk: SecretKey,
  delegatingPk: PublicKey,
  capsule: Capsule,
  cfrags: readonly VerifiedCapsuleFrag[],
  options: BackendOptions = {},
): Uint8Array {
  const backend = options.backend ?? defaultBackend();
  const frags = cfrags.map(partsOfCapsuleFrag);
  const precursor = commonPrecursor(frags);
  const receiving = pointOf(receivingSk.publicKey({ backend }));
  const dh = backend.mulSecret(precursor, scalarOf(receivingSk));
  const d = hashSharedSecret(precursor, receiving, dh);
  const xs = frags.map(({ kfragId }) => hashPolynomialArgument(precursor, receiving, dh, kfragId));
  const weights = lagrangeWeights(distinct(xs));
  const ePrime = weightedSum(
    weights,
    frags.map(({ e1 }) => e1),
    backend,
  );
  const vPrime = weightedSum(
    weights,
    frags.map(({ v1 }) => v1),
    backend,
  );

  const { s, h } = partsOfCapsule(capsule);
  const expected = backend.mulSecret(pointOf(delegatingPk), multiplyScalars(s, invertScalar(d)));
  const actual = backend.mulPublic([
    [h, ePrime],
    [1n, vPrime],
  ]);
  const sum = backend.mulPublic([
    [1n, ePrime],
    [1n, vPrime],
  ]);
  if (actual?.equals(expected) !== true || sum === null) throw insufficient();
  return backend.mulSecret(sum, d).toCompressedBytes();
}

function commonPrecursor(frags: readonly CapsuleFragParts[]): Point {
  const [first, ...others] = frags;
  if (first === undefined) {
    throw new CryptoError('CFRAGS_EMPTY', 'cfrags: expected at least one');
  }
  if (!others.every(({ precursor }) => precursor.equals(first.precursor))) {
    throw new CryptoError('CFRAGS_MISMATCHED', 'cfrags: not all from kfrags of one delegation');
  }
  return first.precursor;
}

function distinct(xs: readonly Scalar[]): readonly Scalar[] {
  if (new Set(xs).size === xs.length) return xs;
  throw new CryptoError('CFRAGS_REPEATED', 'cfrags: two are from the same kfrag');
}

function weightedSum(
  weights: readonly Scalar[],
  points: readonly Point[],
  backend: GroupBackend,
): Point {
  const terms = points.map((point, i): PublicTerm => [weights[i] ?? 0n, point]);
  const sum = backend.mulPublic(terms);
  if (sum === null) throw insufficient();
  return sum;
}

function insufficient(): CryptoError {
  return new CryptoError(
    'CFRAGS_INSUFFICIENT',
    'cfrags: fewer than the threshold, or not for this capsule, delegating key and receiving key',
  );
}
