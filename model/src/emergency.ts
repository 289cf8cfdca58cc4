/**
 * Tickets of audience grants: who declared what, who approved, when it ended, who reviewed it.
 * See docs/protocol.md §8.8.
 *
 * @module
 */
import * as v from 'valibot';
import { AudienceId } from './audience-parts.js';
import { MAX_CUSTODIANS } from './grant.js';
import { MspId, PublicKeyHex, SignatureHex, TicketId, UnixMillis, UserId } from './ids.js';
import { PurposeOfUse } from './purpose.js';
import { withoutRepeats } from './without-repeats.js';

/** Why an emergency is declared. Code → what it means. */
export const EMERGENCY_REASONS = {
  unconscious: 'the patient cannot be asked',
  'life-threatening': 'the patient is in danger of life',
  'acute-treatment': 'treatment cannot wait for the patient’s consent',
  disaster: 'mass casualties, or the patient’s own hospital is out of reach',
} as const;

export type EmergencyReasonCode = keyof typeof EMERGENCY_REASONS;
export const EmergencyReasonCode = v.picklist(
  Object.keys(EMERGENCY_REASONS) as EmergencyReasonCode[],
  'reason of an emergency',
);

/** A sealed box (docs/protocol.md §4.6) over at most 500 bytes of text, as hex. */
const SealedTextHex = v.pipe(
  v.string(),
  v.regex(/^(?:[0-9a-f]{2}){52,551}$/, 'sealed text as hex'),
);

/** The reason's code for all to see; its words for the patient and the custodians only. */
export const EmergencyReason = v.strictObject({
  code: EmergencyReasonCode,
  text: v.optional(
    v.strictObject({
      /** To the patient's reader key. */
      patient: SealedTextHex,
      /** To the custodian keys. */
      custodians: v.pipe(
        v.array(v.strictObject({ mspId: MspId, sealed: SealedTextHex })),
        v.maxLength(MAX_CUSTODIANS),
        withoutRepeats('custodians', (one) => one.mspId),
      ),
    }),
  ),
});
export type EmergencyReason = v.InferOutput<typeof EmergencyReason>;

/** How old an approval may be when it is used: time to collect it on a bad line, none to hoard it. */
export const APPROVAL_LIFE_MS = 900_000;

/** An organization's consent to a declared emergency. Signed with tag `approval` by the approver. */
export const ApprovalBody = v.strictObject({
  ticketId: TicketId,
  audienceId: AudienceId,
  patient: UserId,
  /** The physician who declares, or has declared. */
  reader: UserId,
  purpose: PurposeOfUse,
  approver: UserId,
  mspId: MspId,
  approvedAt: UnixMillis,
});
export type ApprovalBody = v.InferOutput<typeof ApprovalBody>;

export const SignedApproval = v.strictObject({ body: ApprovalBody, signature: SignatureHex });
export type SignedApproval = v.InferOutput<typeof SignedApproval>;

export const VERDICTS = ['cleared', 'contested'] as const;
export const Verdict = v.picklist(VERDICTS, 'verdict');

/** What a privacy officer found afterwards. */
export const EmergencyReview = v.strictObject({
  verdict: Verdict,
  reviewer: UserId,
  mspId: MspId,
  reviewedAt: UnixMillis,
});
export type EmergencyReview = v.InferOutput<typeof EmergencyReview>;

/** `pending`: approvals are missing; `open`: records open; `ended`: by time or early. */
export const TICKET_STATES = ['pending', 'open', 'ended'] as const;

/** A ticket of an audience grant, as the ledger has it at the moment of the answer. */
export const AudienceTicket = v.strictObject({
  ticketId: TicketId,
  audienceId: AudienceId,
  patient: UserId,
  reader: UserId,
  mspId: MspId,
  /** Partial decryptions are sealed to this key: the reader's registered one. */
  readerKey: PublicKeyHex,
  purpose: PurposeOfUse,
  /** Of an emergency only. */
  reason: v.optional(EmergencyReason),
  issuedAt: UnixMillis,
  approvals: v.array(SignedApproval),
  /** How many approvals the rule asked for when the ticket was made. */
  approvalsNeeded: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** First moment at which it opens nothing any more; while approvals are missing: when it lapses. */
  expiresAt: UnixMillis,
  /** Ended early, and by whom. */
  ended: v.optional(v.strictObject({ at: UnixMillis, by: UserId })),
  /** Of an emergency only; missing until it was reviewed. */
  review: v.optional(EmergencyReview),
});
export type AudienceTicket = v.InferOutput<typeof AudienceTicket>;

/** The state of a ticket at a moment. */
export function ticketState(
  { approvals, approvalsNeeded, expiresAt, ended }: AudienceTicket,
  now: UnixMillis,
): (typeof TICKET_STATES)[number] {
  if (ended !== undefined || now >= expiresAt) return 'ended';
  return approvals.length >= approvalsNeeded ? 'open' : 'pending';
}

/** How long an emergency may stay unreviewed before its physician can declare no other one. */
export const ReviewRule = v.strictObject({
  graceMs: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(31_557_600_000)),
});
export type ReviewRule = v.InferOutput<typeof ReviewRule>;

/** Where the consortium has published none: 72 hours. */
export const DEFAULT_REVIEW_RULE: ReviewRule = { graceMs: 259_200_000 };
