/**
 * Audience grants: the patient says beforehand which kind of reader may open which scopes, and shares
 * the scopes' keys among the organizations. Emergency access is one of them. See docs/protocol.md §8.8.
 *
 * @module
 */
import * as v from 'valibot';
import { AudienceId, CommitmentsHex, CustodianShares } from './audience-parts.js';
import { Category } from './category.js';
import { MAX_CUSTODIANS, PurgedAt } from './grant.js';
import { MspId, PublicKeyHex, SignatureHex, UnixMillis, UserId } from './ids.js';
import { AttributeRule, DurationMs, Purposes } from './policy.js';
import { Roster, RosterNumber } from './roster.js';
import { ScopeId } from './scope.js';
import { Sharing } from './sharing.js';
import { withoutRepeats } from './without-repeats.js';

/**
 * `emergency`: a declared emergency, at once reported, reviewed afterwards. `attributes`: everyone
 * whose certificate says what the rule asks for.
 */
export const AUDIENCE_KINDS = ['emergency', 'attributes'] as const;

/** Purposes of use that an emergency may be declared for. */
export const EMERGENCY_PURPOSES = ['ETREAT', 'BTG'] as const;

/** Who may read, for which purposes, with whose approval, and for how long. */
export const AudienceRule = v.strictObject({
  kind: v.picklist(AUDIENCE_KINDS),
  /** What the reader's certificate must say. An emergency needs the role `emergency-physician`. */
  readers: AttributeRule,
  purposes: Purposes,
  /** Organizations other than the reader's that must approve; fewer than there are custodians. */
  approvals: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_CUSTODIANS - 1)),
  /** Whether an organization's accredited on-duty service (role `duty-service`) may approve. */
  dutyServices: v.boolean(),
  /** How long a ticket opens records, from its last approval on. */
  ticketMs: DurationMs,
  /** First moment of validity. */
  notBefore: UnixMillis,
  /** First moment at which the rule no longer holds. */
  notAfter: UnixMillis,
});
export type AudienceRule = v.InferOutput<typeof AudienceRule>;

/** An audience grant as the patient signs it (tag `audience`). */
export const AudienceBody = v.pipe(
  v.strictObject({
    audienceId: AudienceId,
    patient: UserId,
    /** Categories covered, epoch after epoch. Sealed records are in none of their scopes. */
    categories: v.pipe(
      v.array(Category),
      v.minLength(1, 'at least one category'),
      withoutRepeats('categories'),
    ),
    rule: AudienceRule,
    /** `t`: how many custodians must answer. */
    threshold: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    /** The organizations that hold one share each of every scope; share `i` is of the `i`-th. */
    custodians: v.pipe(
      v.array(MspId),
      v.minLength(1),
      v.maxLength(MAX_CUSTODIANS),
      withoutRepeats('custodians'),
    ),
    createdAt: UnixMillis,
  }),
  v.check((a) => a.threshold <= a.custodians.length, 'threshold at most the number of custodians'),
  v.check((a) => a.rule.approvals < a.custodians.length, 'approvals of other custodians only'),
  v.check((a) => a.rule.notBefore < a.rule.notAfter, 'notBefore earlier than notAfter'),
);
export type AudienceBody = v.InferOutput<typeof AudienceBody>;

/** The shares of one scope of an audience grant. Signed with tag `audience-scope`. */
export const AudienceScopeBody = v.strictObject({
  audienceId: AudienceId,
  scopeId: ScopeId,
  delegatingKey: PublicKeyHex,
  /** To the polynomial that shares the scope's key; the first point is `delegatingKey`. */
  commitments: CommitmentsHex,
  /**
   * SHA-256 over the sealed share that each custodian was handed, and the generation of the custodian
   * key that it was sealed to; sealing is randomized.
   */
  shares: CustodianShares,
  /** The roster whose custodians have them; left out: the custodians of the grant have. */
  roster: v.optional(RosterNumber),
});
export type AudienceScopeBody = v.InferOutput<typeof AudienceScopeBody>;

export const SignedAudience = v.strictObject({ body: AudienceBody, signature: SignatureHex });
export type SignedAudience = v.InferOutput<typeof SignedAudience>;

export const SignedAudienceScope = v.strictObject({
  body: AudienceScopeBody,
  signature: SignatureHex,
});
export type SignedAudienceScope = v.InferOutput<typeof SignedAudienceScope>;

export const AudienceStatus = v.variant('state', [
  v.strictObject({ state: v.literal('active') }),
  v.strictObject({ state: v.literal('ended'), endedAt: UnixMillis }),
]);
export type AudienceStatus = v.InferOutput<typeof AudienceStatus>;

/** An audience grant with all that the ledger says of it. */
export const Audience = v.strictObject({
  body: AudienceBody,
  signature: SignatureHex,
  status: AudienceStatus,
  scopes: v.array(SignedAudienceScope),
  /** Of the scopes whose shares have been handed on to the custodians of a roster. */
  sharings: v.optional(v.array(Sharing)),
  /** The rosters that scopes and sharings name. */
  rosters: v.optional(v.array(Roster)),
});
export type Audience = v.InferOutput<typeof Audience>;

/** Whether one organization still holds shares of an audience grant. */
export const ShareStatus = v.strictObject({
  mspId: MspId,
  audienceId: AudienceId,
  /** Scopes of which the channel still has the hash of a share at this organization. */
  present: v.array(ScopeId),
  purged: v.array(ScopeId),
});
export type ShareStatus = v.InferOutput<typeof ShareStatus>;

/** Proof on the ledger that the shares of an audience grant that ended are gone at every custodian. */
export const AudienceReceipt = v.strictObject({
  audienceId: AudienceId,
  endedAt: UnixMillis,
  closedAt: UnixMillis,
  purged: v.array(PurgedAt),
});
export type AudienceReceipt = v.InferOutput<typeof AudienceReceipt>;
