/**
 * Sharing a secret key among custodians, and putting it together again.
 *
 * @module
 */
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import { evaluatePolynomial, lagrangeWeights } from '../group/interpolation.js';
import { addScalars, multiplyScalars, randomScalar } from '../group/scalar.js';
import type { Scalar } from '../group/scalar.js';
import type { BackendOptions } from '../group/group-backend.js';
import { systemRng } from '../rng.js';
import { assertThreshold } from '../threshold.js';
import { scalarOf, secretKeyOf } from '../umbral/keys.js';
import type { RandomOptions, SecretKey } from '../umbral/keys.js';
import { commitmentsOf, MAX_SHARES } from './commitments.js';
import type { ShareCommitments } from './commitments.js';
import { ownKeyShare, partsOfKeyShare } from './key-share.js';
import type { KeyShare } from './key-share.js';

/** How a key is shared. */
export interface SharingShape {
  /** How many shares it takes: 1..shares. */
  readonly threshold: number;
  /** How many there are: at most 255. */
  readonly shares: number;
}

/** A shared key. */
export interface SharedKey {
  readonly commitments: ShareCommitments;
  /** With the indices 1..shares, one for each custodian. */
  readonly shares: readonly KeyShare[];
}

/**
 * Shares a secret key: any `threshold` shares can act for it, fewer learn nothing of it.
 *
 * (Patient side.) The patient signs the commitments and seals each share to its custodian.
 *
 * @param options - `rng`: 32 bytes for each of `threshold` - 1 coefficients.
 * @throws {@link CryptoError} `THRESHOLD_INVALID`. Cost: `threshold` multiplications.
 * @see docs/protocol.md §4.8
 * @example
 * const shared = shareSecretKey(scopeSk, twoOfThree);
 */
export function shareSecretKey(
  secretKey: SecretKey,
  shape: SharingShape,
  options: RandomOptions = {},
): SharedKey {
  return shareScalar(scalarOf(secretKey), shape, options);
}

/** {@link shareSecretKey} for a scalar. For this package's protocols; not exported from it. */
export function shareScalar(
  secret: Scalar,
  { threshold, shares }: SharingShape,
  options: RandomOptions = {},
): SharedKey {
  assertThreshold(threshold, shares);
  if (shares > MAX_SHARES) {
    throw new CryptoError('THRESHOLD_INVALID', `expected at most ${MAX_SHARES} shares`);
  }
  const backend = options.backend ?? defaultBackend();
  for (;;) {
    const coefficients = [secret, ...drawCoefficients(threshold - 1, options)];
    const commitments = commitmentsOf(coefficients.map((one) => backend.mulBase(one)));
    const values = Array.from({ length: shares }, (_, i) =>
      evaluatePolynomial(coefficients, BigInt(i + 1)),
    );
    // A share of zero cannot be written down; it comes up once in 2^256.
    if (values.includes(0n)) continue;
    return {
      commitments,
      shares: values.map((value, i) => ownKeyShare({ index: i + 1, value, commitments })),
    };
  }
}

/**
 * The secret key of `threshold` shares or more.
 *
 * (Recovery side.) The only operation that brings a shared key together; reading never does.
 *
 * @throws {@link CryptoError} `SHARES_INSUFFICIENT`; `SHARES_REPEATED` when two have the same index;
 * `SHARE_INVALID` when they are of several keys.
 */
export function recoverSecretKey(
  shares: readonly KeyShare[],
  options: BackendOptions = {},
): SecretKey {
  const [first] = shares;
  const commitments = first?.commitments;
  if (commitments === undefined || shares.length < commitments.threshold) {
    throw insufficient(commitments?.threshold ?? 1, shares.length);
  }
  if (!shares.every((share) => share.commitments.equals(commitments))) {
    throw new CryptoError('SHARE_INVALID', 'key shares: of several keys');
  }
  const weights = lagrangeWeights(argumentsOf(shares));
  const secret = shares.reduce(
    (sum, share, i) =>
      addScalars(sum, multiplyScalars(weights[i] ?? 0n, partsOfKeyShare(share).value)),
    0n,
  );
  const secretKey = secretKeyOf(secret);
  if (!secretKey.publicKey(options).equals(commitments.publicKey)) {
    throw new CryptoError('SHARE_INVALID', 'key shares: do not give the shared key');
  }
  return secretKey;
}

/** @throws {@link CryptoError} `SHARES_REPEATED` */
export function argumentsOf(holders: readonly { readonly index: number }[]): Scalar[] {
  const indices = holders.map(({ index }) => BigInt(index));
  if (new Set(indices).size === indices.length) return indices;
  throw new CryptoError('SHARES_REPEATED', 'key shares: two have the same index');
}

/** The error for fewer than the threshold. */
export function insufficient(threshold: number, got: number): CryptoError {
  return new CryptoError(
    'SHARES_INSUFFICIENT',
    `key shares: expected at least ${threshold}, got ${got}`,
  );
}

function drawCoefficients(count: number, { rng = systemRng }: RandomOptions): Scalar[] {
  return Array.from({ length: count }, () => randomScalar(rng));
}
