/**
 * Getting the shares of those who approved: guardians' from their approvals, organizations' from
 * their contract services.
 *
 * @module
 */
import type { KeyShare } from '@emr-share/crypto';
import {
  canonicalBytes,
  EmrError,
  isApprovalOf,
  type ErrorCode,
  type RecoveryCustodian,
  type RecoveryPlanBody,
  type RecoveryRequest,
  type SignedRecoveryApproval,
} from '@emr-share/model';
import { hexToBytes } from '../bytes.js';
import type { WarningListener } from '../client-context.js';
import type { Directory } from '../directory.js';
import type { Keyring } from '../keyring.js';
import type { Ledger } from '../ports/ledger.js';
import { whileBehind } from '../retry.js';
import { guardianContext, openShare } from './plan-shares.js';

/** Who collects, and where. */
export interface Collecting {
  readonly ledger: Ledger;
  /** Its reader key is the recovery key. */
  readonly keyring: Keyring;
  readonly directory: Directory;
  readonly warn: WarningListener;
}

/** Why an organization gives no share that another one would not give either. */
const REASONS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'RECOVERY_WAITING',
  'RECOVERY_APPROVALS_MISSING',
  'RECOVERY_VETOED',
  'RECOVERY_ENDED',
  'RECOVERY_PLAN_REPLACED',
  'RECOVERY_MISMATCH',
  'CALLER_SUSPENDED',
  'TIMESTAMP_SKEW',
]);

/** What an organization's peer may answer while it has not seen the newest block. */
const BEHIND = [
  'RECOVERY_NOT_FOUND',
  'RECOVERY_APPROVALS_MISSING',
  'RECOVERY_UNAPPROVED',
  'CUSTODIAN_STALE',
] as const;

/**
 * As many shares as the threshold, each checked against what the patient signed.
 *
 * @throws EmrError `RECOVERY_VETOED`, `RECOVERY_APPROVALS_MISSING`; the organizations' common reason, such as
 *   `RECOVERY_WAITING`; `RECOVERY_SHARES_INSUFFICIENT`.
 */
export async function collectShares(
  collecting: Collecting,
  plan: RecoveryPlanBody,
  request: RecoveryRequest,
  signal: AbortSignal,
): Promise<readonly KeyShare[]> {
  const { requestId, approvals, end } = request;
  if (end?.body.outcome === 'vetoed') {
    throw new EmrError('RECOVERY_VETOED', { requestId, vetoedAt: end.body.endedAt });
  }
  const [have, need] = [approvals.length, plan.threshold];
  if (have < need) throw new EmrError('RECOVERY_APPROVALS_MISSING', { requestId, have, need });
  const approving = plan.custodians.flatMap((custodian) => {
    const approval = approvals.find((one) => isApprovalOf(one, custodian));
    return approval === undefined ? [] : [{ custodian, approval }];
  });
  const outcomes = await Promise.allSettled(
    approving.map((each) => shareOf(collecting, plan, { ...each, request }, signal)),
  );
  signal.throwIfAborted();
  const failures = outcomes.flatMap((one) =>
    one.status === 'rejected' ? [one.reason as unknown] : [],
  );
  const shares = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const refused = shares.length >= need ? null : refusal(failures, shares.length, need);
  for (const warning of failures.map(asWarning)) {
    if (warning.code !== refused?.code) collecting.warn(warning);
  }
  if (refused !== null) throw refused;
  return shares.slice(0, need);
}

interface Approved {
  readonly custodian: RecoveryCustodian;
  readonly approval: SignedRecoveryApproval;
  readonly request: RecoveryRequest;
}

async function shareOf(
  { ledger, keyring, directory }: Collecting,
  plan: RecoveryPlanBody,
  { custodian, approval, request }: Approved,
  signal: AbortSignal,
): Promise<KeyShare> {
  const { requestId } = request;
  if (custodian.kind === 'guardian') {
    const { userId } = custodian;
    const fact = {
      tag: 'recovery-approval',
      signed: approval,
      when: { around: approval.body.approvedAt },
      what: 'approval of a guardian',
    } as const;
    await directory.signer(userId, fact, signal);
    const box = hexToBytes(approval.body.share ?? '');
    const context = guardianContext(userId, { requestId });
    return openShare(plan, custodian, () => keyring.openSealed(box, context));
  }
  const { mspId } = custodian;
  const { sealed } = await whileBehind(BEHIND, signal, () =>
    ledger.evaluate('recovery:Release', { requestId }, { organizations: [mspId], signal }),
  );
  const context = canonicalBytes({ mspId, requestId });
  return openShare(plan, custodian, () => keyring.openSealed(hexToBytes(sealed), context));
}

/** Why there are too few: the reason that all organizations agree on, where they do. */
function refusal(failures: readonly unknown[], have: number, need: number): EmrError {
  const cause = new AggregateError(failures, 'the custodians failed');
  const reasons = failures.filter(
    (error): error is EmrError => EmrError.is(error) && REASONS.has(error.code),
  );
  const [first] = reasons;
  const isCommon = reasons.every(({ code }) => code === first?.code);
  return first !== undefined && isCommon
    ? first
    : new EmrError('RECOVERY_SHARES_INSUFFICIENT', { have, need }, { cause });
}

function asWarning(error: unknown): EmrError {
  return EmrError.is(error) ? error : new EmrError('INTERNAL', {}, { cause: error });
}
