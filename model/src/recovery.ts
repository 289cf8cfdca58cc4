/**
 * Recovery of a lost keyring: the plan that a patient makes beforehand, and the requests to recover
 * by it. See docs/protocol.md §8.9.
 *
 * @module
 */
import * as v from 'valibot';
import { CommitmentsHex } from './audience-parts.js';
import { MAX_CUSTODIANS } from './grant.js';
import {
  GrantId,
  KeyGeneration,
  MspId,
  PublicKeyHex,
  Sha256Hex,
  SignatureHex,
  UnixMillis,
  UserId,
} from './ids.js';
import { withoutRepeats } from './without-repeats.js';

/** Most users that a patient can make custodians of the own keyring. */
export const MAX_GUARDIANS = 5;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
export const MIN_RECOVERY_WAIT_MS = MINUTE_MS;
export const MAX_RECOVERY_WAIT_MS = 30 * DAY_MS;
export const DEFAULT_RECOVERY_WAIT_MS = 3 * DAY_MS;
/** How long after its waiting time a request may still be answered. */
export const RECOVERY_WINDOW_MS = 30 * DAY_MS;

/** 128-bit ID of a recovery plan, chosen by the patient. */
export const RecoveryPlanId = GrantId;
export type RecoveryPlanId = v.InferOutput<typeof RecoveryPlanId>;

/** 128-bit ID of a request to recover, chosen by the new device. */
export const RecoveryRequestId = GrantId;
export type RecoveryRequestId = v.InferOutput<typeof RecoveryRequestId>;

/** Sealed box (docs/protocol.md §4.6) over a key share: 84 bytes as hex. */
export const SealedKeyShareHex = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{168}$/, 'sealed key share as 168 hex digits'),
);

/** Sealed box over a seed: 83 bytes as hex. */
export const SealedSeedHex = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{166}$/, 'sealed seed as 166 hex digits'),
);

/**
 * Who holds a share. An organization's is in its private data, sealed to its custodian key; the
 * patient signs its hash. A guardian's is here, sealed to the guardian's reader key.
 */
export const RecoveryCustodian = v.variant('kind', [
  v.strictObject({
    kind: v.literal('organization'),
    mspId: MspId,
    generation: KeyGeneration,
    sealedSha256: Sha256Hex,
  }),
  v.strictObject({
    kind: v.literal('guardian'),
    userId: UserId,
    readerKey: PublicKeyHex,
    sealed: SealedKeyShareHex,
  }),
]);
export type RecoveryCustodian = v.InferOutput<typeof RecoveryCustodian>;
export type OrganizationCustodian = Extract<RecoveryCustodian, { kind: 'organization' }>;
export type GuardianCustodian = Extract<RecoveryCustodian, { kind: 'guardian' }>;

/** The custodian's MSP ID or user ID. */
export function custodianName(custodian: RecoveryCustodian): string {
  return custodian.kind === 'organization' ? custodian.mspId : custodian.userId;
}

const isOrganization = (one: RecoveryCustodian): one is OrganizationCustodian =>
  one.kind === 'organization';
const isGuardian = (one: RecoveryCustodian): one is GuardianCustodian => one.kind === 'guardian';

/** The organizations among the custodians. */
export function organizationsOf(
  custodians: readonly RecoveryCustodian[],
): readonly OrganizationCustodian[] {
  return custodians.filter(isOrganization);
}

/** The guardians among the custodians. */
export function guardiansOf(
  custodians: readonly RecoveryCustodian[],
): readonly GuardianCustodian[] {
  return custodians.filter(isGuardian);
}

/**
 * Least threshold: two, a majority, and more than there are guardians. The last is what makes the
 * waiting time hold: contracts keep an organization's share back, nobody can keep a guardian's.
 */
export function leastRecoveryThreshold(custodians: number, guardians: number): number {
  return Math.max(2, Math.floor(custodians / 2) + 1, guardians + 1);
}

/** A recovery plan as the patient signs it (tag `recovery-plan`). */
export const RecoveryPlanBody = v.pipe(
  v.strictObject({
    planId: RecoveryPlanId,
    patient: UserId,
    /** `t`: how many custodians must approve and give their shares. */
    threshold: v.pipe(v.number(), v.safeInteger(), v.minValue(2)),
    /** Share `i` (index `i` + 1) is of the `i`-th. */
    custodians: v.pipe(
      v.array(RecoveryCustodian),
      v.minLength(2),
      v.maxLength(MAX_CUSTODIANS),
      withoutRepeats('custodians', (one) => `${one.kind} ${custodianName(one)}`),
    ),
    /** To the polynomial that shares the secret key which opens {@link seed}. */
    commitments: CommitmentsHex,
    /** The patient's seed, sealed to the public key that is shared. */
    seed: SealedSeedHex,
    /** How long a request waits for a veto. */
    waitMs: v.pipe(
      v.number(),
      v.safeInteger(),
      v.minValue(MIN_RECOVERY_WAIT_MS),
      v.maxValue(MAX_RECOVERY_WAIT_MS),
    ),
    createdAt: UnixMillis,
  }),
  v.check((p) => p.threshold <= p.custodians.length, 'threshold at most the number of custodians'),
  v.check(
    (p) => guardiansOf(p.custodians).length <= MAX_GUARDIANS,
    `at most ${String(MAX_GUARDIANS)} guardians`,
  ),
  v.check(
    (p) =>
      p.threshold >= leastRecoveryThreshold(p.custodians.length, guardiansOf(p.custodians).length),
    'threshold at least two, a majority of the custodians, and more than there are guardians',
  ),
  v.check(
    (p) => p.commitments.length === p.threshold * 66,
    'as many commitments as the threshold says',
  ),
);
export type RecoveryPlanBody = v.InferOutput<typeof RecoveryPlanBody>;

export const SignedRecoveryPlan = v.strictObject({
  body: RecoveryPlanBody,
  signature: SignatureHex,
});
export type SignedRecoveryPlan = v.InferOutput<typeof SignedRecoveryPlan>;

/** A custodian's consent to a request. Signed with tag `recovery-approval` by who approves. */
export const RecoveryApprovalBody = v.strictObject({
  requestId: RecoveryRequestId,
  planId: RecoveryPlanId,
  patient: UserId,
  /** What the approver has seen on the new device. */
  recoveryKey: PublicKeyHex,
  approver: UserId,
  mspId: MspId,
  /** A guardian's share, sealed to the recovery key; left out for an organization. */
  share: v.optional(SealedKeyShareHex),
  approvedAt: UnixMillis,
});
export type RecoveryApprovalBody = v.InferOutput<typeof RecoveryApprovalBody>;

export const SignedRecoveryApproval = v.strictObject({
  body: RecoveryApprovalBody,
  signature: SignatureHex,
});
export type SignedRecoveryApproval = v.InferOutput<typeof SignedRecoveryApproval>;

/** `vetoed`: by a surviving device; `completed`: by the new one, which has the keys. */
export const RECOVERY_OUTCOMES = ['vetoed', 'completed'] as const;
const RecoveryOutcome = v.picklist(RECOVERY_OUTCOMES, 'outcome of a recovery');

/** The end of a request. Signed with tag `recovery-end` by the patient's verifying key. */
export const RecoveryEndBody = v.strictObject({
  requestId: RecoveryRequestId,
  patient: UserId,
  outcome: RecoveryOutcome,
  endedAt: UnixMillis,
});
export type RecoveryEndBody = v.InferOutput<typeof RecoveryEndBody>;

export const SignedRecoveryEnd = v.strictObject({ body: RecoveryEndBody, signature: SignatureHex });
export type SignedRecoveryEnd = v.InferOutput<typeof SignedRecoveryEnd>;

/** A request to recover, as the ledger has it. */
export const RecoveryRequest = v.strictObject({
  requestId: RecoveryRequestId,
  planId: RecoveryPlanId,
  patient: UserId,
  /** Of the new device: shares are sealed to it. */
  recoveryKey: PublicKeyHex,
  requestedAt: UnixMillis,
  /** First moment at which organizations give their shares. */
  releaseAt: UnixMillis,
  /** First moment at which nobody answers it any more. */
  expiresAt: UnixMillis,
  approvalsNeeded: v.pipe(v.number(), v.safeInteger(), v.minValue(2)),
  approvals: v.array(SignedRecoveryApproval),
  end: v.optional(SignedRecoveryEnd),
});
export type RecoveryRequest = v.InferOutput<typeof RecoveryRequest>;

/**
 * `waiting`: the patient may veto; `unapproved`: that time is over, approvals are missing; `open`:
 * organizations give their shares; the rest: it has ended.
 */
export const RECOVERY_STATES = [
  'waiting',
  'unapproved',
  'open',
  'expired',
  ...RECOVERY_OUTCOMES,
] as const;
export type RecoveryState = (typeof RECOVERY_STATES)[number];

/** The state of a request at a moment. */
export function recoveryState(
  { releaseAt, expiresAt, approvals, approvalsNeeded, end }: RecoveryRequest,
  now: UnixMillis,
): RecoveryState {
  if (end !== undefined) return end.body.outcome;
  if (now >= expiresAt) return 'expired';
  if (now < releaseAt) return 'waiting';
  return approvals.length >= approvalsNeeded ? 'open' : 'unapproved';
}

/** Whether a request can still come to its end: nobody has ended it, and its time is not over. */
export function isRecoveryGoingOn(request: RecoveryRequest, now: UnixMillis): boolean {
  return request.end === undefined && now < request.expiresAt;
}

/** Whether an approval is this custodian's. A guardian's brings the share along. */
export function isApprovalOf(
  { body }: SignedRecoveryApproval,
  custodian: RecoveryCustodian,
): boolean {
  return custodian.kind === 'organization'
    ? body.share === undefined && body.mspId === custodian.mspId
    : body.share !== undefined && body.approver === custodian.userId;
}
