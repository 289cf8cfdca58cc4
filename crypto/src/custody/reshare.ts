/**
 * Handing a shared key on to another set of custodians, or to the same one with new shares.
 *
 * @module
 */
import { CryptoError } from '../crypto-error.js';
import { defaultBackend } from '../group/default-backend.js';
import type { BackendOptions, PublicTerm } from '../group/group-backend.js';
import { lagrangeWeights } from '../group/interpolation.js';
import { addScalars, multiplyScalars } from '../group/scalar.js';
import type { RandomOptions } from '../umbral/keys.js';
import { commitmentsOf, pointsOf } from './commitments.js';
import type { ShareCommitments } from './commitments.js';
import { checkedShare, partsOfKeyShare } from './key-share.js';
import type { KeyShare } from './key-share.js';
import { argumentsOf, insufficient, shareScalar } from './share-secret-key.js';
import type { SharedKey, SharingShape } from './share-secret-key.js';

/** What one of the old custodians deals out: its own share, shared among the new ones. */
export interface Dealing extends SharedKey {
  /** Index of the old share. */
  readonly dealer: number;
}

/** The public half of a {@link Dealing}. */
export interface DealingCommitments {
  readonly dealer: number;
  readonly commitments: ShareCommitments;
}

/**
 * Shares a custodian's own share among the custodians to come. The old set's `threshold` of such
 * dealings make new shares of the same key, with a new threshold; old and new shares do not mix.
 *
 * (Custodian side.) Nobody learns the key, and once the old shares are destroyed, no leak from before
 * helps with one from after. The public key, and so every grant and capsule, stays.
 *
 * @throws {@link CryptoError} `THRESHOLD_INVALID`
 * @see docs/protocol.md §4.8; Y. Desmedt and S. Jajodia, "Redistributing secret shares to new access
 * structures" (1997); A. Herzberg et al., "Proactive secret sharing" (1995)
 */
export function reshare(
  share: KeyShare,
  shape: SharingShape,
  options: RandomOptions = {},
): Dealing {
  const { index, value } = partsOfKeyShare(share);
  return { dealer: index, ...shareScalar(value, shape, options) };
}

/**
 * The commitments of the key as it is shared after these dealings. All new custodians must use the
 * same dealings, so their set has to be agreed on, on the ledger.
 *
 * @throws {@link CryptoError} `SHARES_INSUFFICIENT`, `SHARES_REPEATED`; `DEALING_INVALID` when a dealer
 * shared another value than its share, or the thresholds differ.
 */
export function reshareCommitments(
  old: ShareCommitments,
  dealings: readonly DealingCommitments[],
  options: BackendOptions = {},
): ShareCommitments {
  const backend = options.backend ?? defaultBackend();
  const weights = weightsOf(old, dealings);
  const threshold = dealings[0]?.commitments.threshold ?? 0;
  for (const { dealer, commitments } of dealings) {
    if (!commitments.publicKey.equals(old.sharePublicKey(dealer, options))) {
      throw invalidDealing(dealer, 'shares another value than the share');
    }
    if (commitments.threshold !== threshold) throw invalidDealing(dealer, 'has another threshold');
  }
  const points = Array.from({ length: threshold }, (_, k) => {
    const terms = dealings.flatMap(({ commitments }, i): PublicTerm[] => {
      const point = pointsOf(commitments)[k];
      return point === undefined ? [] : [[weights[i] ?? 0n, point]];
    });
    const sum = backend.mulPublic(terms);
    if (sum === null) throw new CryptoError('COMMITMENTS_INVALID', 'dealings: they cancel out');
    return sum;
  });
  return commitmentsOf(points);
}

/**
 * A new custodian's share, from what the dealers dealt to it.
 *
 * (Custodian side.)
 *
 * @param dealt - Of each dealing, the share with the new custodian's index, checked by
 * {@link KeyShare.fromBytes} against the dealing's commitments.
 * @throws {@link CryptoError} as {@link reshareCommitments}; `SHARE_INVALID` when the shares have
 * several indices.
 */
export function combineDealings(
  old: ShareCommitments,
  dealt: readonly { readonly dealer: number; readonly share: KeyShare }[],
  options: BackendOptions = {},
): KeyShare {
  const dealings = dealt.map(({ dealer, share }) => ({ dealer, commitments: share.commitments }));
  const commitments = reshareCommitments(old, dealings, options);
  const weights = weightsOf(old, dealings);
  const index = dealt[0]?.share.index ?? 0;
  if (dealt.some(({ share }) => share.index !== index)) {
    throw new CryptoError('SHARE_INVALID', 'dealt shares: for several custodians');
  }
  const value = dealt.reduce(
    (sum, { share }, i) =>
      addScalars(sum, multiplyScalars(weights[i] ?? 0n, partsOfKeyShare(share).value)),
    0n,
  );
  return checkedShare({ index, value, commitments }, options);
}

function weightsOf(old: ShareCommitments, dealings: readonly DealingCommitments[]): bigint[] {
  if (dealings.length < old.threshold) throw insufficient(old.threshold, dealings.length);
  return lagrangeWeights(argumentsOf(dealings.map(({ dealer }) => ({ index: dealer }))));
}

function invalidDealing(dealer: number, problem: string): CryptoError {
  return new CryptoError('DEALING_INVALID', `dealing of custodian ${dealer}: ${problem}`);
}
