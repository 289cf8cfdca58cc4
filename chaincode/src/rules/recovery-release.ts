/**
 * Giving an organization's share to the device that recovers, and keeping shares through a change of
 * the custodian key.
 *
 * @module
 */
import {
  canonicalBytes,
  EmrError,
  type RecoveryPlanId,
  type SignedRecoveryPlan,
} from '@emr-share/model';
import { openStored, type CustodyTerms } from '../custody-terms.js';
import type { Invocation, Rule } from '../invocation.js';
import { recoveryPlanKey, recoveryPlans } from '../ledger-keys.js';
import { assertGoingOn, recoveryOf } from '../recoveries.js';
import { isPlanInForce, planInForce, recoveryTerms } from '../recovery-plans.js';
import { publicKeyOf } from '../signed-facts.js';
import { listOutdated, resealEach, type CustodyKind } from './custody.js';

/**
 * Checks everything on this organization's own state and clock. The waiting time is over when both
 * the transaction's time and this clock say so.
 */
export const releaseShare: Rule<'recovery:Release'> = async (invocation, { requestId }) => {
  const { caller, state, service, sealed: store } = invocation;
  const { mspId } = service;
  const request = await recoveryOf(state, requestId);
  if (request.patient !== caller.userId) throw new EmrError('RECOVERY_MISMATCH', { requestId });
  const [earlier, later] = [invocation.now, service.clock.now()].sort((a, b) => a - b) as [
    number,
    number,
  ];
  await assertGoingOn(state, request, later);
  const { releaseAt, approvals, approvalsNeeded: need } = request;
  if (earlier < releaseAt) throw new EmrError('RECOVERY_WAITING', { requestId, releaseAt });
  const have = approvals.length;
  if (have < need) throw new EmrError('RECOVERY_APPROVALS_MISSING', { requestId, have, need });
  if (!approvals.some(({ body }) => body.share === undefined && body.mspId === mspId)) {
    throw new EmrError('RECOVERY_UNAPPROVED', { requestId, mspId });
  }

  const { body: plan } = await planInForce(state, request.patient);
  const terms = recoveryTerms(plan, mspId);
  const stored = await store.get(terms.place);
  if (stored === null) {
    throw new EmrError('RECOVERY_SHARE_MISSING', { planId: plan.planId, mspId });
  }
  const { secret, custodian } = openStored(stored, terms, service.custodians);
  const context = canonicalBytes({ mspId, requestId });
  const box = custodian.seal(secret.toBytes(), context, publicKeyOf(request.recoveryKey));
  return { mspId, requestId, sealed: Buffer.from(box).toString('hex') };
};

const SHARES: CustodyKind<SignedRecoveryPlan, RecoveryPlanId> = {
  range: recoveryPlans(),
  refsOf: ({ body: { planId } }) => [planId],
  liveTerms,
};

export const listOutdatedRecoveryShares: Rule<'recovery:ListOutdatedShares'> = async (
  invocation,
  request,
) => {
  const { acceptedFrom, refs, next } = await listOutdated(invocation, request, SHARES);
  return { acceptedFrom, shares: refs, ...next };
};

export const resealRecoveryShares: Rule<'recovery:ResealShares'> = async (invocation, request) => {
  const { mspId, generation, shares: refs } = request;
  return { mspId, ...(await resealEach(invocation, { mspId, generation, refs }, liveTerms)) };
};

/** Of a plan in force that has a share here; else `null`. */
async function liveTerms(
  { state, service }: Invocation,
  planId: RecoveryPlanId,
): Promise<CustodyTerms | null> {
  const { mspId } = service;
  const plan = await state.get(recoveryPlanKey(planId));
  if (plan === null || !(await isPlanInForce(state, plan.body))) return null;
  const holds = plan.body.custodians.some(
    (one) => one.kind === 'organization' && one.mspId === mspId,
  );
  return holds ? recoveryTerms(plan.body, mspId) : null;
}
