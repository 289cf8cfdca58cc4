/**
 * The transactions of audience grants and of emergencies.
 *
 * @module
 */
import * as v from 'valibot';
import { AudienceId } from '../audience-parts.js';
import {
  Audience,
  AudienceReceipt,
  ShareStatus,
  SignedAudience,
  SignedAudienceScope,
} from '../audience.js';
import { Category } from '../category.js';
import {
  AudienceTicket,
  EmergencyReason,
  ReviewRule,
  SignedApproval,
  Verdict,
} from '../emergency.js';
import { KeyGeneration, MspId, RecordId, TicketId, UserId } from '../ids.js';
import { PurposeOfUse } from '../purpose.js';
import { TransactionRecord } from '../record.js';
import { RosterNumber } from '../roster.js';
import { ScopeId } from '../scope.js';
import { Empty, list, paged, PageSize, spec, type TransactionTable } from './spec.js';

/** A sealed share: sealed box over a 33-byte key share, as hex. */
export const SealedShareHex = v.pipe(
  v.string(),
  v.regex(/^(?:[0-9a-f]{2}){84,128}$/, 'sealed share as hex'),
);

/**
 * Which share of an organization: of the patient's own sharing; of the one for the custodians of a
 * roster; or the part of that one which a dealer dealt.
 */
export const ShareRef = v.strictObject({
  audienceId: AudienceId,
  scopeId: ScopeId,
  roster: v.optional(RosterNumber),
  dealer: v.optional(MspId),
});
export type ShareRef = v.InferOutput<typeof ShareRef>;

/** Transient data of `audience:DepositShares`, under the key `shares`. */
export const ShareDeposit = v.strictObject({
  audience: SignedAudience,
  shares: list(v.strictObject({ scope: SignedAudienceScope, sealed: SealedShareHex })),
});
export type ShareDeposit = v.InferOutput<typeof ShareDeposit>;

/** A sealed box over a 98-byte partial decryption: 149 bytes as hex. */
export const SealedPartialHex = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{298}$/, 'sealed partial as 298 hex digits'),
);

/** The same for shares of audience grants. */
export const TRANSIENT_SHARES = 'shares';

/** Shares first, each with its custodian alone, then the grant. */
export const AUDIENCE_TRANSACTIONS = {
  'audience:DepositShares': spec(
    'organization',
    v.strictObject({ audienceId: AudienceId, mspId: MspId }),
    v.strictObject({ audienceId: AudienceId, mspId: MspId, deposited: v.array(ScopeId) }),
  ),
  'audience:CreateAudience': spec(
    'consortium',
    v.strictObject({ audience: SignedAudience, scopes: list(SignedAudienceScope) }),
    Audience,
  ),
  'audience:ExtendAudience': spec(
    'consortium',
    v.strictObject({ audienceId: AudienceId, scopes: list(SignedAudienceScope) }),
    Audience,
  ),
  /** By the patient: from here on nobody gets in by it, and its tickets open nothing. */
  'audience:EndAudience': spec('consortium', v.strictObject({ audienceId: AudienceId }), Audience),
  'audience:PurgeShares': spec(
    'organization',
    v.strictObject({ audienceId: AudienceId, mspId: MspId }),
    v.strictObject({ audienceId: AudienceId, mspId: MspId, purged: v.array(ScopeId) }),
  ),
  /** By the patient, or an admin of a custodian, once no custodian has a share. */
  'audience:CloseAudience': spec(
    'consortium',
    v.strictObject({ audienceId: AudienceId }),
    AudienceReceipt,
  ),
  'audience:GetReceipt': spec('query', v.strictObject({ audienceId: AudienceId }), AudienceReceipt),
  /** As `grants:ListOutdatedFragments`, of shares of audience grants in force. */
  'audience:ListOutdatedShares': spec(
    'custodian-query',
    v.strictObject({ mspId: MspId, generation: KeyGeneration, pageSize: PageSize, ...paged }),
    v.strictObject({ acceptedFrom: KeyGeneration, shares: v.array(ShareRef), ...paged }),
  ),
  /** As `grants:ResealFragments`. */
  'audience:ResealShares': spec(
    'organization',
    v.strictObject({ mspId: MspId, generation: KeyGeneration, shares: list(ShareRef) }),
    v.strictObject({
      mspId: MspId,
      resealed: v.array(ShareRef),
      unreadable: v.array(ShareRef),
    }),
  ),
  'audience:GetShareStatus': spec(
    'query',
    v.strictObject({ audienceId: AudienceId }),
    v.strictObject({ custodians: v.array(ShareStatus) }),
  ),
  'audience:GetAudience': spec('query', v.strictObject({ audienceId: AudienceId }), Audience),
  /** Of one patient: all for the patient and auditors, for others those in force that let them in. */
  'audience:ListAudiences': spec(
    'query',
    v.strictObject({ patient: UserId, pageSize: PageSize, ...paged }),
    v.strictObject({ audiences: v.array(Audience), ...paged }),
  ),
  /** A ticket of a grant by attributes; of emergencies: `emergency:Declare`. */
  'audience:RequestTicket': spec(
    'consortium',
    v.strictObject({ ticketId: TicketId, audienceId: AudienceId, purpose: PurposeOfUse }),
    AudienceTicket,
  ),
  'audience:GetTicket': spec('query', v.strictObject({ ticketId: TicketId }), AudienceTicket),
  /** The records that an open ticket opens. For its reader. */
  'audience:ListRecords': spec(
    'query',
    v.strictObject({
      ticketId: TicketId,
      category: v.optional(Category),
      pageSize: PageSize,
      ...paged,
    }),
    v.strictObject({ records: v.array(TransactionRecord), ...paged }),
  ),
  /**
   * This organization's partial decryption of each record's capsule, sealed to the ticket's reader.
   * `roster`: by whose sharing the reader will check them; left out: by the patient's own.
   */
  'audience:OpenRecords': spec(
    'custodian-query',
    v.strictObject({
      ticketId: TicketId,
      recordIds: list(RecordId),
      roster: v.optional(RosterNumber),
    }),
    v.strictObject({
      mspId: MspId,
      ticketId: TicketId,
      partials: v.array(v.strictObject({ recordId: RecordId, sealed: SealedPartialHex })),
    }),
  ),
} as const satisfies TransactionTable;

export const EMERGENCY_TRANSACTIONS = {
  /** Approvals may come along; where they are as many as the rule asks for, the ticket is open. */
  'emergency:Declare': spec(
    'consortium',
    v.strictObject({
      ticketId: TicketId,
      audienceId: AudienceId,
      purpose: PurposeOfUse,
      reason: EmergencyReason,
      approvals: v.pipe(v.array(SignedApproval), v.maxLength(32)),
    }),
    AudienceTicket,
  ),
  'emergency:Approve': spec('consortium', SignedApproval, AudienceTicket),
  'emergency:End': spec('consortium', v.strictObject({ ticketId: TicketId }), AudienceTicket),
  'emergency:Review': spec(
    'consortium',
    v.strictObject({ ticketId: TicketId, verdict: Verdict }),
    AudienceTicket,
  ),
  /**
   * All, or those of a patient or reader, or those that are not reviewed yet. For privacy officers and
   * auditors; for patients and readers their own.
   */
  'emergency:ListTickets': spec(
    'query',
    v.strictObject({
      patient: v.optional(UserId),
      reader: v.optional(UserId),
      unreviewed: v.optional(v.boolean()),
      pageSize: PageSize,
      ...paged,
    }),
    v.strictObject({ tickets: v.array(AudienceTicket), ...paged }),
  ),
  /** The words of a reason, as this organization's custodian key opens them. For its privacy officers. */
  'emergency:ReadReason': spec(
    'custodian-query',
    v.strictObject({ ticketId: TicketId }),
    v.strictObject({ ticketId: TicketId, text: v.string() }),
  ),
  'emergency:PublishReviewRule': spec('consortium', ReviewRule, ReviewRule),
  'emergency:GetReviewRule': spec('query', Empty, ReviewRule),
} as const satisfies TransactionTable;
