/**
 * Recovery plans as they stand in the state, and what a custodian's share of one must be.
 *
 * @module
 */
import { KeyShare, ShareCommitments } from '@emr-share/crypto';
import {
  custodianName,
  EmrError,
  organizationsOf,
  type MspId,
  type RecoveryPlanBody,
  type RecoveryPlanId,
  type SignedRecoveryPlan,
  type UserId,
} from '@emr-share/model';
import { commitmentFor, secretRefusal, type CustodyTerms } from './custody-terms.js';
import { recoveryHeadKey, recoveryPlanKey } from './ledger-keys.js';
import type { RecoveryPlace } from './sealed-store.js';
import { bytesOf } from './signed-facts.js';
import type { WorldState } from './world-state.js';

/** The patient's plan in force. Throws `RECOVERY_PLAN_NOT_FOUND`. */
export async function planInForce(state: WorldState, patient: UserId): Promise<SignedRecoveryPlan> {
  const head = await state.get(recoveryHeadKey(patient));
  const plan = head === null ? null : await state.get(recoveryPlanKey(head.planId));
  if (plan === null) throw new EmrError('RECOVERY_PLAN_NOT_FOUND', { patient });
  return plan;
}

/** Whether this is the plan that the patient made last. */
export async function isPlanInForce(
  state: WorldState,
  { patient, planId }: { readonly patient: UserId; readonly planId: RecoveryPlanId },
): Promise<boolean> {
  return (await state.get(recoveryHeadKey(patient)))?.planId === planId;
}

/** @throws EmrError `RECOVERY_PLAN_REPLACED`. */
export async function assertPlanInForce(
  state: WorldState,
  plan: { readonly patient: UserId; readonly planId: RecoveryPlanId },
): Promise<void> {
  const { planId } = plan;
  if (!(await isPlanInForce(state, plan))) throw new EmrError('RECOVERY_PLAN_REPLACED', { planId });
}

/**
 * The terms of one organization's share of a plan: the one with the organization's index on the
 * polynomial that the patient committed to.
 *
 * @throws EmrError `RECOVERY_SHARE_INVALID` where the organization is no custodian of the plan.
 * @see docs/protocol.md §4.8
 */
export function recoveryTerms(plan: RecoveryPlanBody, mspId: MspId): CustodyTerms<KeyShare> {
  const place: RecoveryPlace = { mspId, planId: plan.planId };
  return {
    place,
    commitment: commitmentFor(place, organizationsOf(plan.custodians)),
    admit: (bytes) => verifyShare(bytes, plan, place),
  };
}

function verifyShare(bytes: Uint8Array, plan: RecoveryPlanBody, place: RecoveryPlace): KeyShare {
  const share = readShare(bytes, plan, place);
  const holder = plan.custodians[share.index - 1];
  if (holder?.kind === 'organization' && custodianName(holder) === place.mspId) return share;
  throw secretRefusal(place, 'it is the share of another custodian');
}

function readShare(bytes: Uint8Array, plan: RecoveryPlanBody, place: RecoveryPlace): KeyShare {
  try {
    return KeyShare.fromBytes(bytes, ShareCommitments.fromBytes(bytesOf(plan.commitments)));
  } catch (cause) {
    throw secretRefusal(place, 'it does not lie on the polynomial that the patient signed', cause);
  }
}
