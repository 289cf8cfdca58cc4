/**
 * Requests to recover a keyring, as they stand in the state: the request, its approvals and its end
 * under keys of their own.
 *
 * @module
 */
import {
  EmrError,
  guardiansOf,
  organizationsOf,
  type RecoveryPlanBody,
  type RecoveryRequest,
  type RecoveryRequestId,
  type Role,
  type UnixMillis,
} from '@emr-share/model';
import type { Invocation } from './invocation.js';
import { recoveryApprovals, recoveryEndKey, recoveryRequestKey } from './ledger-keys.js';
import { assertPlanInForce } from './recovery-plans.js';
import type { WorldState } from './world-state.js';

/** Who speaks for an organization that holds a share. */
export const RECOVERY_OFFICERS: readonly Role[] = ['privacy-officer', 'admin'];

/** A request with its approvals and its end. Throws `RECOVERY_NOT_FOUND`. */
export async function recoveryOf(
  state: WorldState,
  requestId: RecoveryRequestId,
): Promise<RecoveryRequest> {
  const stored = await state.get(recoveryRequestKey(requestId));
  if (stored === null) throw new EmrError('RECOVERY_NOT_FOUND', { requestId });
  const approvals = (await state.list(recoveryApprovals(requestId))).map(({ value }) => value);
  const end = await state.get(recoveryEndKey(requestId));
  return { ...stored, approvals, ...(end === null ? {} : { end }) };
}

/**
 * The request goes on: nobody has ended it, its time is not over, and its plan is the patient's last.
 *
 * @throws EmrError `RECOVERY_VETOED`, `RECOVERY_ENDED`, `RECOVERY_PLAN_REPLACED`.
 */
export async function assertGoingOn(
  state: WorldState,
  request: RecoveryRequest,
  now: UnixMillis,
): Promise<void> {
  const { requestId, end, expiresAt } = request;
  if (end?.body.outcome === 'vetoed') {
    throw new EmrError('RECOVERY_VETOED', { requestId, vetoedAt: end.body.endedAt });
  }
  if (end !== undefined) {
    throw new EmrError('RECOVERY_ENDED', { requestId, endedAt: end.body.endedAt });
  }
  if (now >= expiresAt) throw new EmrError('RECOVERY_ENDED', { requestId, endedAt: expiresAt });
  await assertPlanInForce(state, request);
}

/**
 * A plan and its requests are shown to the patient, the guardians, auditors, and the officers and
 * admins of organizations that hold a share.
 *
 * @throws EmrError `ROLE_DENIED`.
 */
export function assertConcerned({ caller }: Invocation, plan: RecoveryPlanBody): void {
  const { userId, role, mspId } = caller;
  if (userId === plan.patient || role === 'auditor') return;
  if (guardiansOf(plan.custodians).some((guardian) => guardian.userId === userId)) return;
  const isCustodian = organizationsOf(plan.custodians).some((one) => one.mspId === mspId);
  if (isCustodian && RECOVERY_OFFICERS.includes(role)) return;
  throw new EmrError('ROLE_DENIED', { role, action: 'see the recovery plans of others' });
}
