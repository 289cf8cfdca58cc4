/**
 * Approving a recovery: for an organization that holds a share, or as a guardian who gives it along.
 *
 * @module
 */
import { sealBox } from '@emr-share/crypto';
import {
  EmrError,
  guardiansOf,
  RecoveryRequestId,
  validate,
  type GuardianCustodian,
  type RecoveryApprovalBody,
  type RecoveryPlanBody,
  type RecoveryRequest,
} from '@emr-share/model';
import { bytesToHex, hexToBytes } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { publicKeyOf } from '../key-history.js';
import type { CallOptions } from '../ports/ledger.js';
import { whileBehind } from '../retry.js';
import { submitSettled } from '../settle.js';
import { guardianContext, openShare } from './plan-shares.js';
import { isRecoveryCode } from './recovery-code.js';
import { verifiedPlan } from './verified-plan.js';

export interface ApproveRecoveryOptions extends CallOptions {
  /** The code that the new device shows, as the patient in person read it out. */
  readonly code: string;
}

/** See `Recovery.approve`. */
export async function approveRecovery(
  context: ClientContext,
  id: RecoveryRequestId,
  { code, ...options }: ApproveRecoveryOptions,
): Promise<RecoveryRequest> {
  const { ledger, keyring, clock, userId, mspId } = context;
  const signal = context.signalOf(options);
  const requestId = validate(RecoveryRequestId, id, 'the ID of the recovery');
  const recall = (): Promise<RecoveryRequest> =>
    ledger.evaluate('recovery:GetRequest', { requestId }, { signal });
  const request = await whileBehind(['RECOVERY_NOT_FOUND'], signal, recall);
  const { planId, patient, recoveryKey } = request;
  if (!isRecoveryCode(code, recoveryKey)) {
    const problem = 'the code is not that of the device that asks; approve nothing';
    throw new EmrError('RECOVERY_APPROVAL_REFUSED', { requestId, problem });
  }
  const { body: plan } = await verifiedPlan(context, patient, signal);
  if (plan.planId !== planId) throw new EmrError('RECOVERY_PLAN_REPLACED', { planId });
  const guardian = guardiansOf(plan.custodians).find((one) => one.userId === userId);
  const body: RecoveryApprovalBody = {
    requestId,
    planId,
    patient,
    recoveryKey,
    approver: userId,
    mspId,
    ...(guardian === undefined ? {} : { share: handOn(context, plan, guardian, request) }),
    approvedAt: clock.now(),
  };
  const approval = { body, signature: keyring.sign('recovery-approval', body) };
  const { response } = await submitSettled(ledger, 'recovery:Approve', approval, {
    signal,
    recall,
    missing: 'RECOVERY_NOT_FOUND',
    isOurs: ({ approvals }) => approvals.some((one) => one.signature === approval.signature),
  });
  return response;
}

/** The guardian's share out of the plan's box and into one for the new device. */
function handOn(
  { keyring, rng }: ClientContext,
  plan: RecoveryPlanBody,
  guardian: GuardianCustodian,
  { planId, requestId, recoveryKey }: RecoveryRequest,
): string {
  const { userId, sealed } = guardian;
  const share = openShare(plan, guardian, () =>
    keyring.openSealed(hexToBytes(sealed), guardianContext(userId, { planId })),
  );
  const recoveryPk = publicKeyOf(recoveryKey, 'the recovery key');
  const context = guardianContext(userId, { requestId });
  return bytesToHex(sealBox(recoveryPk, share.toBytes(), { context, rng }));
}
