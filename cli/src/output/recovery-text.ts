/**
 * Recovery plans and requests as people read them.
 *
 * @module
 */
import { recoveryCode } from '@emr-share/gateway-client';
import {
  custodianName,
  recoveryState,
  type RecoveryPlanBody,
  type RecoveryRequest,
  type RecoveryState,
  type UnixMillis,
} from '@emr-share/model';
import { localTime } from './local-time.js';
import { pairs } from './table.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const STATES: Readonly<Record<RecoveryState, string>> = {
  waiting: 'waiting: a device of the patient can veto it',
  unapproved: 'waiting for approvals',
  open: 'ready: finish it on the new device',
  expired: 'lapsed',
  vetoed: 'vetoed',
  completed: 'completed: the keys are back',
};

function waitText(waitMs: number): string {
  return waitMs % HOUR_MS === 0
    ? `${String(waitMs / HOUR_MS)} h`
    : `${String(Math.round(waitMs / MINUTE_MS))} min`;
}

/** A plan, one fact on a line. */
export function describePlan(plan: RecoveryPlanBody): string {
  const { planId, patient, threshold, custodians, waitMs, createdAt } = plan;
  return pairs({
    plan: planId,
    patient,
    custodians: custodians.map(custodianName).join(', '),
    needed: `${String(threshold)} of ${String(custodians.length)}`,
    'waiting time': waitText(waitMs),
    made: localTime(createdAt),
  });
}

/** A request, one fact on a line. */
export function describeRecovery(request: RecoveryRequest, now: UnixMillis): string {
  const { requestId, patient, recoveryKey, requestedAt, releaseAt, approvals } = request;
  const who = approvals.map(({ body }) =>
    body.share === undefined ? `${body.mspId} (${body.approver})` : body.approver,
  );
  const count = `${String(approvals.length)} of ${String(request.approvalsNeeded)}`;
  return pairs({
    recovery: requestId,
    patient,
    code: recoveryCode(recoveryKey),
    asked: localTime(requestedAt),
    'waits until': localTime(releaseAt),
    approvals: who.length === 0 ? count : `${count}: ${who.join(', ')}`,
    state: STATES[recoveryState(request, now)],
  });
}
