/**
 * What a dealing must be: of the dealer's share and no other value, for each custodian of the roster.
 *
 * @module
 */
import { CryptoError } from '@emr-share/crypto';
import { EmrError, type Dealing } from '@emr-share/model';
import type { DueRefresh } from '../due-refresh.js';
import { commitmentsOf } from '../shares.js';
import type { ScopeSharing } from '../sharings.js';

/** @throws EmrError `DEALING_INVALID`. Cost: `threshold` small multiplications. */
export function assertDealing(due: DueRefresh, dealing: Dealing): void {
  const problem = problemOf(due, dealing);
  if (problem === null) return;
  const { dealer: mspId, audienceId } = dealing;
  throw new EmrError('DEALING_INVALID', { mspId, audienceId, problem });
}

/** 1, 2, …: of the dealer's share in the former sharing; 0 where it has none. */
export function dealerIndex({ custodians }: ScopeSharing, { dealer }: Dealing): number {
  return custodians.indexOf(dealer) + 1;
}

function problemOf({ former, roster, threshold }: DueRefresh, dealing: Dealing): string | null {
  const index = dealerIndex(former, dealing);
  if (index === 0) return 'the dealer has no share';
  const { custodians } = roster;
  const inOrder = dealing.shares.every(({ mspId }, i) => mspId === custodians[i]);
  if (!inOrder || dealing.shares.length !== custodians.length) {
    return 'its parts are not one for each custodian of the roster, in their order';
  }
  try {
    const commitments = commitmentsOf(dealing);
    if (commitments.threshold !== threshold) return 'it has another threshold than the roster asks';
    return commitments.publicKey.equals(commitmentsOf(former).sharePublicKey(index))
      ? null
      : "it shares another value than the dealer's share";
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return 'its commitments are no points of the curve';
  }
}
