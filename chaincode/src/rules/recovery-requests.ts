/**
 * Requests to recover a keyring: made with a certificate alone, approved by custodians, ended by the
 * patient's signature.
 *
 * @module
 */
import {
  EmrError,
  isApprovalOf,
  RECOVERY_WINDOW_MS,
  type RecoveryCustodian,
  type RecoveryPlanBody,
  type RecoveryRequest,
  type SignedRecoveryApproval,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { assertWithinSkew } from '../clock-skew.js';
import { assertRole, patientSelf, userOf } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import {
  recoveriesOf,
  recoveryApprovalKey,
  recoveryEndKey,
  recoveryOfKey,
  recoveryPlanKey,
  recoveryRequestKey,
  type StoredRecovery,
} from '../ledger-keys.js';
import { assertConcerned, assertGoingOn, RECOVERY_OFFICERS, recoveryOf } from '../recoveries.js';
import { assertPlanInForce, planInForce } from '../recovery-plans.js';
import { assertPublicKey, assertSigned } from '../signed-facts.js';

/** Nothing of the lost keyring is needed: the waiting time and the approvals stand in for it. */
export const requestRecovery: Rule<'recovery:Request'> = async (invocation, asked) => {
  const { caller, state, now } = invocation;
  const { requestId, planId, recoveryKey } = asked;
  assertPublicKey(recoveryKey, 'the recovery key');
  const existing = await state.get(recoveryRequestKey(requestId));
  if (existing !== null) return sameRequest(invocation, existing, asked);

  const plan = await state.get(recoveryPlanKey(planId));
  if (plan === null) throw new EmrError('RECOVERY_PLAN_NOT_FOUND', { patient: caller.userId });
  const { patient, waitMs, threshold } = plan.body;
  await patientSelf(invocation, patient, 'recover keys');
  await assertPlanInForce(state, plan.body);

  const releaseAt = now + waitMs;
  const request: StoredRecovery = {
    requestId,
    planId,
    patient,
    recoveryKey,
    requestedAt: now,
    releaseAt,
    expiresAt: releaseAt + RECOVERY_WINDOW_MS,
    approvalsNeeded: threshold,
  };
  await state.put(recoveryRequestKey(requestId), request);
  await state.put(recoveryOfKey(patient, requestId), true);
  await writeAudit(invocation, { type: 'recovery.requested', patient, requestId });
  return { ...request, approvals: [] };
};

export const approveRecovery: Rule<'recovery:Approve'> = async (invocation, approval) => {
  const { caller, state, now } = invocation;
  const { body } = approval;
  const { requestId, patient } = body;
  if (body.approver !== caller.userId) {
    throw new EmrError('SIGNER_MISMATCH', { userId: body.approver, signer: caller.userId });
  }
  const { verifyingKey } = await userOf(state, caller.userId);
  assertSigned('recovery-approval', approval, verifyingKey);
  const request = await recoveryOf(state, requestId);
  assertOfRequest(approval, request);
  const { body: plan } = (await state.get(recoveryPlanKey(request.planId))) ?? missing(patient);
  const custodian = custodianIn(invocation, plan, approval);
  if (request.approvals.some((one) => isApprovalOf(one, custodian))) return request;

  await assertGoingOn(state, request, now);
  assertWithinSkew(body.approvedAt, now);
  await state.put(recoveryApprovalKey(requestId, custodian), approval);
  await writeAudit(invocation, {
    type: 'recovery.approved',
    patient,
    requestId,
    subject: body.approver,
  });
  return withApproval(request, approval);
};

/** The statement counts, not who hands it in: the device that signed it may have no certificate left. */
export const vetoRecovery: Rule<'recovery:Veto'> = (invocation, end) =>
  endRecovery(invocation, end, 'vetoed');

export const completeRecovery: Rule<'recovery:Complete'> = (invocation, end) =>
  endRecovery(invocation, end, 'completed');

export const getRecovery: Rule<'recovery:GetRequest'> = async (invocation, { requestId }) => {
  const request = await recoveryOf(invocation.state, requestId);
  const plan = await invocation.state.get(recoveryPlanKey(request.planId));
  assertConcerned(invocation, (plan ?? missing(request.patient)).body);
  return request;
};

export const listRecoveries: Rule<'recovery:ListRequests'> = async (invocation, asked) => {
  const { state } = invocation;
  const plan = await planInForce(state, asked.patient);
  assertConcerned(invocation, plan.body);
  const { entries, bookmark } = await state.page(recoveriesOf(asked.patient), asked);
  const requests: RecoveryRequest[] = [];
  for (const { parts } of entries) requests.push(await recoveryOf(state, parts.at(-1) ?? ''));
  return { requests, ...(bookmark === undefined ? {} : { bookmark }) };
};

async function endRecovery(
  invocation: Invocation,
  end: Parameters<typeof vetoRecovery>[1],
  outcome: 'vetoed' | 'completed',
): Promise<RecoveryRequest> {
  const { state, now } = invocation;
  const { requestId, patient, endedAt } = end.body;
  const request = await recoveryOf(state, requestId);
  if (request.patient !== patient || end.body.outcome !== outcome) {
    throw new EmrError('RECOVERY_MISMATCH', { requestId });
  }
  assertSigned('recovery-end', end, (await userOf(state, patient)).verifyingKey);
  if (request.end !== undefined) return sameEnd(request, outcome);
  assertWithinSkew(endedAt, now);
  await state.put(recoveryEndKey(requestId), end);
  const type = outcome === 'vetoed' ? 'recovery.vetoed' : 'recovery.completed';
  await writeAudit(invocation, { type, patient, requestId });
  return { ...request, end };
}

/** @throws EmrError `RECOVERY_ENDED` where it ended in the other way. */
function sameEnd(request: RecoveryRequest, outcome: string): RecoveryRequest {
  const { requestId, end } = request;
  if (end === undefined || end.body.outcome === outcome) return request;
  throw new EmrError('RECOVERY_ENDED', { requestId, endedAt: end.body.endedAt });
}

/** @throws EmrError `RECOVERY_EXISTS`. */
async function sameRequest(
  { caller, state }: Invocation,
  existing: StoredRecovery,
  asked: Parameters<typeof requestRecovery>[1],
): Promise<RecoveryRequest> {
  const { requestId, planId, recoveryKey } = asked;
  const isSame =
    existing.patient === caller.userId &&
    existing.planId === planId &&
    existing.recoveryKey === recoveryKey;
  if (isSame) return recoveryOf(state, requestId);
  throw new EmrError('RECOVERY_EXISTS', { requestId });
}

/** @throws EmrError `RECOVERY_APPROVAL_REFUSED`. */
function assertOfRequest({ body }: SignedRecoveryApproval, request: RecoveryRequest): void {
  const fields = ['planId', 'patient', 'recoveryKey'] as const;
  const differing = fields.find((field) => body[field] !== request[field]);
  if (differing === undefined) return;
  const problem = `it names another ${differing} than the request`;
  throw new EmrError('RECOVERY_APPROVAL_REFUSED', { requestId: request.requestId, problem });
}

/**
 * The custodian whom the caller speaks for.
 *
 * @throws EmrError `RECOVERY_APPROVAL_REFUSED`; `ROLE_DENIED` for other people of a custodian.
 */
function custodianIn(
  { caller }: Invocation,
  { custodians }: RecoveryPlanBody,
  approval: SignedRecoveryApproval,
): RecoveryCustodian {
  const { requestId, mspId } = approval.body;
  const refuse = (problem: string): never => {
    throw new EmrError('RECOVERY_APPROVAL_REFUSED', { requestId, problem });
  };
  if (mspId !== caller.mspId) refuse('it names another organization than the certificate');
  const custodian = custodians.find((one) => isApprovalOf(approval, one));
  if (custodian === undefined) return refuse('it is of no custodian of the plan');
  if (custodian.kind === 'organization') {
    assertRole(caller.role, RECOVERY_OFFICERS, 'approve recoveries');
  }
  return custodian;
}

/** In the order in which the state lists them, so that first and repeated answers agree. */
function withApproval(request: RecoveryRequest, approval: SignedRecoveryApproval): RecoveryRequest {
  const nameOf = ({ body }: SignedRecoveryApproval): string =>
    body.share === undefined ? `organization ${body.mspId}` : `guardian ${body.approver}`;
  const approvals = [...request.approvals, approval].sort((a, b) =>
    nameOf(a) < nameOf(b) ? -1 : 1,
  );
  return { ...request, approvals };
}

function missing(patient: string): never {
  throw new EmrError('RECOVERY_PLAN_NOT_FOUND', { patient });
}
