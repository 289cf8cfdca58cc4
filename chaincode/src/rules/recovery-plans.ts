/**
 * Recovery plans: made by the patient once every organization has its share, read by whom they
 * concern.
 *
 * @module
 */
import { ShareCommitments } from '@emr-share/crypto';
import {
  EmrError,
  guardiansOf,
  organizationsOf,
  type GuardianCustodian,
  type RecoveryPlanBody,
  type SignedRecoveryPlan,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { assertWithinSkew } from '../clock-skew.js';
import { assertAccepted, custodianOf, patientSelf, sameFact } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { recoveryHeadKey, recoveryPlanKey, userKey, wardKey, wardsOf } from '../ledger-keys.js';
import { assertConcerned } from '../recoveries.js';
import { assertPlanInForce, planInForce } from '../recovery-plans.js';
import { asInput, assertSigned, bytesOf } from '../signed-facts.js';
import type { WorldState } from '../world-state.js';

export const createPlan: Rule<'recovery:CreatePlan'> = async (invocation, plan) => {
  const { state, now } = invocation;
  const { body } = plan;
  const { planId, patient } = body;
  const { verifyingKey } = await patientSelf(invocation, patient, 'make recovery plans');
  assertSigned('recovery-plan', plan, verifyingKey);

  const existing = await state.get(recoveryPlanKey(planId));
  if (existing !== null) return samePlan(state, existing, plan);

  assertWithinSkew(body.createdAt, now);
  asInput('the commitments', () => ShareCommitments.fromBytes(bytesOf(body.commitments)));
  for (const guardian of guardiansOf(body.custodians)) await assertGuardian(state, body, guardian);
  await assertShares(invocation, body);

  await endFormer(state, body);
  await state.put(recoveryPlanKey(planId), plan);
  await state.put(recoveryHeadKey(patient), { planId });
  for (const { userId } of guardiansOf(body.custodians)) {
    await state.put(wardKey(userId, planId), true);
  }
  await writeAudit(invocation, { type: 'recovery.planned', patient });
  return plan;
};

export const getPlan: Rule<'recovery:GetPlan'> = async (invocation, { patient }) => {
  const plan = await planInForce(invocation.state, patient);
  assertConcerned(invocation, plan.body);
  return plan;
};

export const listWards: Rule<'recovery:ListWards'> = async ({ caller, state }, request) => {
  const { entries, bookmark } = await state.page(wardsOf(caller.userId), request);
  const plans: SignedRecoveryPlan[] = [];
  for (const { parts } of entries) {
    const plan = await state.get(recoveryPlanKey(parts.at(-1) ?? ''));
    if (plan !== null) plans.push(plan);
  }
  return { plans, ...(bookmark === undefined ? {} : { bookmark }) };
};

/** @throws EmrError `RECOVERY_PLAN_EXISTS`, `RECOVERY_PLAN_REPLACED`. */
async function samePlan(
  state: WorldState,
  existing: SignedRecoveryPlan,
  { body }: SignedRecoveryPlan,
): Promise<SignedRecoveryPlan> {
  const { planId } = body;
  if (!sameFact(existing.body, body)) throw new EmrError('RECOVERY_PLAN_EXISTS', { planId });
  await assertPlanInForce(state, body);
  return existing;
}

/** @throws EmrError `RECOVERY_PLAN_REFUSED`. */
async function assertGuardian(
  state: WorldState,
  { planId, patient }: RecoveryPlanBody,
  { userId, readerKey }: GuardianCustodian,
): Promise<void> {
  const refuse = (problem: string): never => {
    throw new EmrError('RECOVERY_PLAN_REFUSED', { planId, problem });
  };
  if (userId === patient) refuse('the patient cannot be the own guardian');
  const guardian = await state.get(userKey(userId));
  if (guardian === null) return refuse('a guardian is not registered');
  if (guardian.status !== 'active') return refuse('a guardian is suspended');
  if (guardian.readerKey !== readerKey) refuse('a share is not sealed to the key of its guardian');
}

/**
 * Every organization has the very share that the patient signed for.
 *
 * @throws EmrError `CUSTODIAN_NOT_FOUND`, `CUSTODIAN_STALE`, `RECOVERY_SHARE_MISSING`.
 */
async function assertShares(
  { state, sealed }: Invocation,
  { planId, custodians }: RecoveryPlanBody,
): Promise<void> {
  for (const { mspId, generation, sealedSha256 } of organizationsOf(custodians)) {
    assertAccepted(await custodianOf(state, mspId), generation);
    if ((await sealed.sha256Of({ mspId, planId })) !== sealedSha256) {
      throw new EmrError('RECOVERY_SHARE_MISSING', { planId, mspId });
    }
  }
}

/** The guardians of the plan that is replaced have no part in the patient's keyring any more. */
async function endFormer(state: WorldState, { patient }: RecoveryPlanBody): Promise<void> {
  const head = await state.get(recoveryHeadKey(patient));
  const former = head === null ? null : await state.get(recoveryPlanKey(head.planId));
  if (former === null) return;
  const { planId, custodians } = former.body;
  for (const { userId } of guardiansOf(custodians)) await state.delete(wardKey(userId, planId));
}
