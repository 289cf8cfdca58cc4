/**
 * Every transaction of the contracts: its name, who endorses it, its request and its response.
 * Contracts validate requests with this table, clients validate responses. See docs/protocol.md §6.
 *
 * @module
 */
import * as v from 'valibot';
import {
  Audience,
  AudienceId,
  ShareStatus,
  SignedAudience,
  SignedAudienceScope,
} from './audience.js';
import { AuditEntry } from './audit.js';
import { Category } from './category.js';
import {
  AudienceTicket,
  EmergencyReason,
  ReviewRule,
  SignedApproval,
  Verdict,
} from './emergency.js';
import {
  Coverage,
  Grant,
  FragmentStatus,
  MAX_SCOPES_PER_CALL,
  RevocationReceipt,
  SignedGrant,
  SignedGrantScope,
} from './grant.js';
import {
  GrantId,
  KeyGeneration,
  MspId,
  PublicKeyHex,
  RecordId,
  TicketId,
  UnixMillis,
  UserId,
} from './ids.js';
import { PolicyVersion, SignedPolicy } from './policy.js';
import { PurposeOfUse } from './purpose.js';
import { SignedWrap, TransactionRecord } from './record.js';
import {
  RecoveryPlanId,
  RecoveryRequest,
  RecoveryRequestId,
  SealedKeyShareHex,
  SignedRecoveryApproval,
  SignedRecoveryEnd,
  SignedRecoveryPlan,
} from './recovery.js';
import { ScopeGroup, ScopeId, SignedScope } from './scope.js';
import { AccessTicket } from './ticket.js';
import { Custodian, SignedRegistration, User } from './user.js';

const Empty = v.strictObject({});
const list = <S extends v.GenericSchema>(
  item: S,
): v.SchemaWithPipe<
  readonly [
    v.ArraySchema<S, undefined>,
    v.MinLengthAction<v.InferOutput<S>[], 1, undefined>,
    v.MaxLengthAction<v.InferOutput<S>[], 32, undefined>,
  ]
> => v.pipe(v.array(item), v.minLength(1), v.maxLength(MAX_SCOPES_PER_CALL));

/** A page of a listing: `bookmark` is opaque; left out in a response on the last page. */
const paged = { bookmark: v.optional(v.pipe(v.string(), v.maxLength(512))) };
const PageSize = v.optional(
  v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(200)),
  100,
);

/** A cfrag in its simple form: E1 ‖ V1 ‖ id ‖ X ‖ proof, 359 bytes as hex. */
export const CfragHex = v.pipe(v.string(), v.regex(/^[0-9a-f]{718}$/, 'cfrag as 718 hex digits'));

/** A sealed kfrag: sealed box over a 310-byte KeyFrag, as hex. */
export const SealedFragmentHex = v.pipe(
  v.string(),
  v.regex(/^(?:[0-9a-f]{2}){300,1024}$/, 'sealed fragment as hex'),
);

/** Which fragment of an organization. */
export const FragmentRef = v.strictObject({ grantId: GrantId, scopeId: ScopeId });
export type FragmentRef = v.InferOutput<typeof FragmentRef>;

/** Transient data of `grants:DepositFragments`, under the key `fragments`. */
export const FragmentDeposit = v.strictObject({
  grant: SignedGrant,
  fragments: list(v.strictObject({ scope: SignedGrantScope, sealed: SealedFragmentHex })),
});
export type FragmentDeposit = v.InferOutput<typeof FragmentDeposit>;

/** A sealed share: sealed box over a 33-byte key share, as hex. */
export const SealedShareHex = v.pipe(
  v.string(),
  v.regex(/^(?:[0-9a-f]{2}){84,128}$/, 'sealed share as hex'),
);

/** Which share of an organization. */
export const ShareRef = v.strictObject({ audienceId: AudienceId, scopeId: ScopeId });
export type ShareRef = v.InferOutput<typeof ShareRef>;

/** Transient data of `audience:DepositShares`, under the key `shares`. */
export const ShareDeposit = v.strictObject({
  audience: SignedAudience,
  shares: list(v.strictObject({ scope: SignedAudienceScope, sealed: SealedShareHex })),
});
export type ShareDeposit = v.InferOutput<typeof ShareDeposit>;

/** Transient data of `recovery:DepositShare`, under the key `recovery-share`. */
export const RecoveryDeposit = v.strictObject({
  plan: SignedRecoveryPlan,
  sealed: SealedKeyShareHex,
});
export type RecoveryDeposit = v.InferOutput<typeof RecoveryDeposit>;

/** A sealed box over a 98-byte partial decryption: 149 bytes as hex. */
export const SealedPartialHex = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{298}$/, 'sealed partial as 298 hex digits'),
);

/**
 * `consortium`: a transaction endorsed by a majority of the organizations.
 * `organization`: a transaction of one organization alone, writing its private data only.
 * `query`: evaluated on any peer. `custodian-query`: evaluated on each organization's own peer.
 */
export type TransactionKind = 'consortium' | 'organization' | 'query' | 'custodian-query';

interface TransactionSpec {
  readonly kind: TransactionKind;
  readonly request: v.GenericSchema;
  readonly response: v.GenericSchema;
}

const spec = <K extends TransactionKind, Q extends v.GenericSchema, R extends v.GenericSchema>(
  kind: K,
  request: Q,
  response: R,
): { readonly kind: K; readonly request: Q; readonly response: R } => ({ kind, request, response });

export const TRANSACTIONS = {
  // Users, custodians, scopes and policies
  'registry:RegisterUser': spec('consortium', SignedRegistration, User),
  'registry:SuspendUser': spec('consortium', v.strictObject({ userId: UserId }), User),
  'registry:GetUser': spec('query', v.strictObject({ userId: UserId }), User),
  'registry:PublishCustodian': spec(
    'consortium',
    v.strictObject({ mspId: MspId, publicKey: PublicKeyHex, generation: KeyGeneration }),
    Custodian,
  ),
  /** From now on no grant may name a generation before `acceptedFrom`. */
  'registry:RetireCustodian': spec(
    'consortium',
    v.strictObject({ mspId: MspId, acceptedFrom: KeyGeneration }),
    Custodian,
  ),
  'registry:ListCustodians': spec(
    'query',
    Empty,
    v.strictObject({ custodians: v.array(Custodian) }),
  ),
  /**
   * The organization's own custodian public key, as its contract service holds it: of the generation
   * named, else of the published one, else of its newest. `held`: every generation it has the secret
   * key of.
   */
  'registry:GetCustodianKey': spec(
    'custodian-query',
    v.strictObject({ generation: v.optional(KeyGeneration) }),
    v.strictObject({
      mspId: MspId,
      publicKey: PublicKeyHex,
      generation: KeyGeneration,
      held: v.array(KeyGeneration),
    }),
  ),
  'registry:PublishScopes': spec(
    'consortium',
    v.strictObject({ scopes: list(SignedScope) }),
    v.strictObject({ published: v.array(ScopeId) }),
  ),
  'registry:GetScope': spec('query', v.strictObject({ scopeId: ScopeId }), SignedScope),
  /** The scope of the current epoch of a category, or of what is sealed. */
  'registry:GetCurrentScope': spec(
    'query',
    v.strictObject({ patient: UserId, group: ScopeGroup }),
    SignedScope,
  ),
  'registry:PublishPolicy': spec('consortium', SignedPolicy, SignedPolicy),
  /** The version named, or the current one. */
  'registry:GetPolicy': spec(
    'query',
    v.strictObject({ patient: UserId, version: v.optional(PolicyVersion) }),
    SignedPolicy,
  ),

  // Records
  'records:FileRecord': spec('consortium', TransactionRecord, TransactionRecord),
  'records:GetRecord': spec('query', v.strictObject({ recordId: RecordId }), TransactionRecord),
  /** Of one patient: all for the patient and auditors, what is granted for a reader, own for an author. */
  'records:ListRecords': spec(
    'query',
    v.strictObject({
      patient: UserId,
      category: v.optional(Category),
      pageSize: PageSize,
      ...paged,
    }),
    v.strictObject({ records: v.array(TransactionRecord), ...paged }),
  ),
  'records:WrapRecord': spec('consortium', SignedWrap, SignedWrap),
  'records:GetWrap': spec(
    'query',
    v.strictObject({ recordId: RecordId, scopeId: ScopeId }),
    SignedWrap,
  ),

  // Grants
  'grants:DepositFragments': spec(
    'organization',
    v.strictObject({ grantId: GrantId, mspId: MspId }),
    v.strictObject({ grantId: GrantId, mspId: MspId, deposited: v.array(ScopeId) }),
  ),
  'grants:CreateGrant': spec(
    'consortium',
    v.strictObject({ grant: SignedGrant, scopes: list(SignedGrantScope) }),
    Grant,
  ),
  'grants:ExtendGrant': spec(
    'consortium',
    v.strictObject({ grantId: GrantId, scopes: list(SignedGrantScope) }),
    Grant,
  ),
  'grants:GetGrant': spec('query', v.strictObject({ grantId: GrantId }), Grant),
  /** Grants that the caller gave (`as: 'patient'`) or received (`as: 'grantee'`). */
  'grants:ListGrants': spec(
    'query',
    v.strictObject({ as: v.picklist(['patient', 'grantee']), pageSize: PageSize, ...paged }),
    v.strictObject({ grants: v.array(Grant), ...paged }),
  ),
  'grants:RevokeGrant': spec('consortium', v.strictObject({ grantId: GrantId }), Grant),
  'grants:PurgeFragments': spec(
    'organization',
    v.strictObject({ grantId: GrantId, mspId: MspId }),
    v.strictObject({ grantId: GrantId, mspId: MspId, purged: v.array(ScopeId) }),
  ),
  /**
   * A page of the fragments of this organization, of grants in force, that are sealed to a custodian
   * key before `generation`; with the oldest generation that this peer knows grants may still name.
   */
  'grants:ListOutdatedFragments': spec(
    'custodian-query',
    v.strictObject({ mspId: MspId, generation: KeyGeneration, pageSize: PageSize, ...paged }),
    v.strictObject({ acceptedFrom: KeyGeneration, fragments: v.array(FragmentRef), ...paged }),
  ),
  /**
   * Seals fragments of this organization to its custodian key of `generation`. What is sealed to it
   * already, or is of no grant in force, is left as it is; `unreadable` opens with no key held.
   */
  'grants:ResealFragments': spec(
    'organization',
    v.strictObject({ mspId: MspId, generation: KeyGeneration, fragments: list(FragmentRef) }),
    v.strictObject({
      mspId: MspId,
      resealed: v.array(FragmentRef),
      unreadable: v.array(FragmentRef),
    }),
  ),
  'grants:GetFragmentStatus': spec(
    'query',
    v.strictObject({ grantId: GrantId }),
    v.strictObject({ custodians: v.array(FragmentStatus) }),
  ),
  /** Ends a revoked grant: every endorser sees that no organization has a fragment left. */
  'grants:CloseGrant': spec('consortium', v.strictObject({ grantId: GrantId }), RevocationReceipt),
  'grants:GetReceipt': spec('query', v.strictObject({ grantId: GrantId }), RevocationReceipt),

  // Access
  /** The caller's grant that opens a record for a purpose, or the reason why none does. */
  'access:FindGrant': spec(
    'query',
    v.strictObject({ recordId: RecordId, purpose: PurposeOfUse }),
    v.strictObject({ grantId: GrantId, scopeId: ScopeId, coverage: Coverage }),
  ),
  'access:RequestAccess': spec(
    'consortium',
    v.strictObject({
      ticketId: TicketId,
      grantId: GrantId,
      recordId: RecordId,
      purpose: PurposeOfUse,
    }),
    AccessTicket,
  ),
  'access:GetTicket': spec('query', v.strictObject({ ticketId: TicketId }), AccessTicket),
  /** Re-encrypts the capsule of the ticket's record with this organization's fragment. */
  'access:Reencrypt': spec(
    'custodian-query',
    v.strictObject({ ticketId: TicketId }),
    v.strictObject({ mspId: MspId, ticketId: TicketId, cfrag: CfragHex }),
  ),

  // Audiences: shares first, each with its custodian alone, then the grant
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
   */
  'audience:OpenRecords': spec(
    'custodian-query',
    v.strictObject({ ticketId: TicketId, recordIds: list(RecordId) }),
    v.strictObject({
      mspId: MspId,
      ticketId: TicketId,
      partials: v.array(v.strictObject({ recordId: RecordId, sealed: SealedPartialHex })),
    }),
  ),

  // Emergencies
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

  // Recovery of a lost keyring: shares first, each with its custodian alone, then the plan
  'recovery:DepositShare': spec(
    'organization',
    v.strictObject({ planId: RecoveryPlanId, mspId: MspId }),
    v.strictObject({ planId: RecoveryPlanId, mspId: MspId }),
  ),
  /** Replaces the patient's former plan: nobody recovers by that one any more. */
  'recovery:CreatePlan': spec('consortium', SignedRecoveryPlan, SignedRecoveryPlan),
  /** Removes this organization's share of a plan that was replaced. */
  'recovery:PurgeShare': spec(
    'organization',
    v.strictObject({ planId: RecoveryPlanId, mspId: MspId }),
    v.strictObject({ planId: RecoveryPlanId, mspId: MspId }),
  ),
  /** The plan in force. For the patient, its guardians, officers and admins of its custodians. */
  'recovery:GetPlan': spec('query', v.strictObject({ patient: UserId }), SignedRecoveryPlan),
  /** The plans in force that name the caller as a guardian. */
  'recovery:ListWards': spec(
    'query',
    v.strictObject({ pageSize: PageSize, ...paged }),
    v.strictObject({ plans: v.array(SignedRecoveryPlan), ...paged }),
  ),
  /** By the patient's certificate alone: the keyring is lost. The waiting time begins. */
  'recovery:Request': spec(
    'consortium',
    v.strictObject({
      requestId: RecoveryRequestId,
      planId: RecoveryPlanId,
      recoveryKey: PublicKeyHex,
    }),
    RecoveryRequest,
  ),
  /** By an officer or admin of a custodian, or by a guardian; one for each custodian, the first. */
  'recovery:Approve': spec('consortium', SignedRecoveryApproval, RecoveryRequest),
  /** By whoever has the patient's signed statement. */
  'recovery:Veto': spec('consortium', SignedRecoveryEnd, RecoveryRequest),
  'recovery:Complete': spec('consortium', SignedRecoveryEnd, RecoveryRequest),
  'recovery:GetRequest': spec(
    'query',
    v.strictObject({ requestId: RecoveryRequestId }),
    RecoveryRequest,
  ),
  /** Of one patient, in any state. For those whom `recovery:GetPlan` answers, and auditors. */
  'recovery:ListRequests': spec(
    'query',
    v.strictObject({ patient: UserId, pageSize: PageSize, ...paged }),
    v.strictObject({ requests: v.array(RecoveryRequest), ...paged }),
  ),
  /** This organization's share, sealed to the recovery key. */
  'recovery:Release': spec(
    'custodian-query',
    v.strictObject({ requestId: RecoveryRequestId }),
    v.strictObject({ mspId: MspId, requestId: RecoveryRequestId, sealed: SealedKeyShareHex }),
  ),
  /** As `grants:ListOutdatedFragments`, of shares of plans in force. */
  'recovery:ListOutdatedShares': spec(
    'custodian-query',
    v.strictObject({ mspId: MspId, generation: KeyGeneration, pageSize: PageSize, ...paged }),
    v.strictObject({ acceptedFrom: KeyGeneration, shares: v.array(RecoveryPlanId), ...paged }),
  ),
  /** As `grants:ResealFragments`. */
  'recovery:ResealShares': spec(
    'organization',
    v.strictObject({ mspId: MspId, generation: KeyGeneration, shares: list(RecoveryPlanId) }),
    v.strictObject({
      mspId: MspId,
      resealed: v.array(RecoveryPlanId),
      unreadable: v.array(RecoveryPlanId),
    }),
  ),

  // Audit
  /** Entries that concern a patient, oldest first. For the patient and auditors. */
  'audit:ListEntries': spec(
    'query',
    v.strictObject({
      patient: UserId,
      since: v.optional(UnixMillis),
      until: v.optional(UnixMillis),
      pageSize: PageSize,
      ...paged,
    }),
    v.strictObject({ entries: v.array(AuditEntry), ...paged }),
  ),
} as const satisfies Record<string, TransactionSpec>;

export type TransactionName = keyof typeof TRANSACTIONS;
/** What a client writes: fields with a default may be left out. */
export type TransactionRequest<N extends TransactionName> = v.InferInput<
  (typeof TRANSACTIONS)[N]['request']
>;
/** What a contract gets after validation. */
export type ValidatedRequest<N extends TransactionName> = v.InferOutput<
  (typeof TRANSACTIONS)[N]['request']
>;
export type TransactionResponse<N extends TransactionName> = v.InferOutput<
  (typeof TRANSACTIONS)[N]['response']
>;

/** Name of the implicit private data collection of an organization in Fabric. */
export function implicitCollection(mspId: MspId): string {
  return `_implicit_org_${mspId}`;
}

/** Key of the transient map under which fragments travel to their custodian. */
export const TRANSIENT_FRAGMENTS = 'fragments';
/** The same for shares of audience grants. */
export const TRANSIENT_SHARES = 'shares';
/** The same for a share of a recovery plan. */
export const TRANSIENT_RECOVERY_SHARE = 'recovery-share';
