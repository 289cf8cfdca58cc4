/**
 * An organization's share of a recovery plan: handed in before the plan, removed after it.
 *
 * @module
 */
import {
  EmrError,
  RecoveryDeposit,
  TRANSIENT_RECOVERY_SHARE,
  type SignedRecoveryPlan,
} from '@emr-share/model';
import { assertHandedIn, checkDeposited } from '../custody-terms.js';
import {
  assertAccepted,
  assertOwnOrganization,
  custodianOf,
  patientSelf,
  sameFact,
} from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { recoveryPlanKey } from '../ledger-keys.js';
import { assertPlanInForce, isPlanInForce, recoveryTerms } from '../recovery-plans.js';
import { assertSigned, bytesOf } from '../signed-facts.js';
import { transientData } from '../transient-data.js';

/** Writes private data of this organization only. */
export const depositRecoveryShare: Rule<'recovery:DepositShare'> = async (invocation, request) => {
  const { state, service, sealed: store } = invocation;
  const { planId, mspId } = request;
  assertOwnOrganization(mspId, service.mspId);
  const { plan, sealed } = transientData(invocation, TRANSIENT_RECOVERY_SHARE, RecoveryDeposit);
  if (plan.body.planId !== planId) {
    throw new EmrError('INPUT_INVALID', {
      what: 'the deposit',
      problem: 'its plan is not the one of the request',
    });
  }
  const { verifyingKey } = await patientSelf(invocation, plan.body.patient, 'deposit shares');
  assertSigned('recovery-plan', plan, verifyingKey);
  const terms = recoveryTerms(plan.body, mspId);
  const bytes = bytesOf(sealed);
  assertHandedIn(bytes, terms);
  // What a plan refers to may have been sealed anew since: a repeat must not put it back.
  if (await isMade(invocation, plan)) return { planId, mspId };
  assertAccepted(await custodianOf(state, mspId), terms.commitment.generation);
  checkDeposited(bytes, terms, service.custodians);
  await store.put(terms.place, bytes);
  return { planId, mspId };
};

/** Writes private data of this organization only. */
export const purgeRecoveryShare: Rule<'recovery:PurgeShare'> = async (invocation, request) => {
  const { caller, state, service, sealed } = invocation;
  const { planId, mspId } = request;
  assertOwnOrganization(mspId, service.mspId);
  const plan = await state.get(recoveryPlanKey(planId));
  if (plan === null) throw new EmrError('RECOVERY_PLAN_NOT_FOUND', { patient: caller.userId });
  const isOwnAdmin = caller.role === 'admin' && caller.mspId === mspId;
  if (caller.userId !== plan.body.patient && !isOwnAdmin) {
    throw new EmrError('ROLE_DENIED', { role: caller.role, action: 'purge shares of others' });
  }
  if (await isPlanInForce(state, plan.body)) throw new EmrError('RECOVERY_PLAN_ACTIVE', { planId });
  await sealed.purge({ mspId, planId });
  return { planId, mspId };
};

/** @throws EmrError `RECOVERY_PLAN_EXISTS`, `RECOVERY_PLAN_REPLACED`. */
async function isMade({ state }: Invocation, plan: SignedRecoveryPlan): Promise<boolean> {
  const { planId } = plan.body;
  const stored = await state.get(recoveryPlanKey(planId));
  if (stored === null) return false;
  if (!sameFact(stored.body, plan.body)) throw new EmrError('RECOVERY_PLAN_EXISTS', { planId });
  await assertPlanInForce(state, plan.body);
  return true;
}
