/**
 * Boxes of a recovery plan: what each is bound to, and shares taken out of them.
 *
 * @module
 */
import { CryptoError, KeyShare, ShareCommitments } from '@emr-share/crypto';
import {
  canonicalBytes,
  custodianName,
  EmrError,
  type RecoveryCustodian,
  type RecoveryPlanBody,
  type RecoveryPlanId,
  type RecoveryRequestId,
  type UserId,
} from '@emr-share/model';
import { hexToBytes } from '../bytes.js';
import { decoding } from '../crypto-failure.js';

/** What the sealed seed of a plan is bound to. */
export function seedContext(patient: UserId, planId: RecoveryPlanId): Uint8Array {
  return canonicalBytes({ patient, planId });
}

/** What a guardian's share is bound to: in the plan, or on its way to the new device. */
export function guardianContext(
  guardian: UserId,
  of: { readonly planId: RecoveryPlanId } | { readonly requestId: RecoveryRequestId },
): Uint8Array {
  return canonicalBytes({ guardian, ...of });
}

/** The commitments that the patient signed. Throws `INPUT_INVALID`. */
export function commitmentsOf({ commitments }: RecoveryPlanBody): ShareCommitments {
  return decoding('the commitments', () => ShareCommitments.fromBytes(hexToBytes(commitments)));
}

/**
 * Opens a custodian's share and checks it against the patient's commitments.
 *
 * @param open - Opens the box. Throws `CryptoError`.
 * @throws EmrError `RECOVERY_SHARE_INVALID`, naming the custodian.
 */
export function openShare(
  plan: RecoveryPlanBody,
  custodian: RecoveryCustodian,
  open: () => Uint8Array,
): KeyShare {
  const refuse = (problem: string, cause?: unknown): EmrError => {
    const details = { planId: plan.planId, custodian: custodianName(custodian), problem };
    return new EmrError('RECOVERY_SHARE_INVALID', details, { cause });
  };
  const commitments = commitmentsOf(plan);
  let share: KeyShare;
  try {
    share = KeyShare.fromBytes(open(), commitments);
  } catch (error) {
    if (!CryptoError.is(error)) throw error;
    const problem = CryptoError.is(error, 'SEALED_BOX_INVALID')
      ? 'its box does not open'
      : 'it does not lie on the polynomial that the patient signed';
    throw refuse(problem, error);
  }
  if (plan.custodians[share.index - 1] === custodian) return share;
  throw refuse('it is the share of another custodian');
}
