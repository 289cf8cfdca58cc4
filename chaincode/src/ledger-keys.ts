/**
 * Every key of the ledger, with the type of the value under it. One key per fact, no counters, no
 * shared lists; index keys hold a marker. See docs/protocol.md §6.1.
 *
 * @module
 */
import {
  custodianName,
  type AccessTicket,
  type Audience,
  type AudienceId,
  type AudienceReceipt,
  type AudienceTicket,
  type AuditEntry,
  type Custodian,
  type Dealing,
  type Grant,
  type GrantId,
  type MspId,
  type RecordId,
  type RecoveryCustodian,
  type RecoveryPlanId,
  type RecoveryRequest,
  type RecoveryRequestId,
  type ReviewRule,
  type Roster,
  type RosterNumber,
  type RosterTerms,
  type RevocationReceipt,
  type ScopeGroup,
  type ScopeId,
  type Sharing,
  type SharingLink,
  type SignedApproval,
  type SignedAudienceScope,
  type SignedGrantScope,
  type SignedKeyRotation,
  type SignedPolicy,
  type SignedRecoveryApproval,
  type SignedRecoveryEnd,
  type SignedRecoveryPlan,
  type SignedScope,
  type SignedWrap,
  type TicketId,
  type TransactionRecord,
  type UnixMillis,
  type User,
  type UserId,
} from '@emr-share/model';

/** Object types of composite keys. */
export type FactType =
  | 'user'
  | 'userKeys'
  | 'custodian'
  | 'scope'
  | 'scopeHead'
  | 'policy'
  | 'policyHead'
  | 'record'
  | 'recordOf'
  | 'wrap'
  | 'grant'
  | 'grantScope'
  | 'grantOf'
  | 'grantTo'
  | 'ticket'
  | 'receipt'
  | 'log'
  | 'fragment'
  | 'audience'
  | 'audienceScope'
  | 'audienceOf'
  | 'audienceReceipt'
  | 'audienceTicket'
  | 'ticketApproval'
  | 'emergencyOf'
  | 'emergencyBy'
  | 'unreviewed'
  | 'reviewRule'
  | 'share'
  | 'roster'
  | 'rosterHead'
  | 'rosterVote'
  | 'dealing'
  | 'resharing'
  | 'sharing'
  | 'newShare'
  | 'dealtShare'
  | 'recoveryPlan'
  | 'recoveryHead'
  | 'ward'
  | 'recovery'
  | 'recoveryOf'
  | 'recoveryApproval'
  | 'recoveryEnd'
  | 'recoveryShare';

declare const VALUE: unique symbol;

/** A composite key, or the leading parts of one; `T` is what stands under it. */
export interface FactKey<T> {
  readonly type: FactType;
  readonly parts: readonly string[];
  readonly [VALUE]?: T;
}

/** Value of index keys: that the key exists is the whole fact. */
export type Marker = true;

/** A grant without its scopes, which have keys of their own. */
export type StoredGrant = Omit<Grant, 'scopes'>;

/** An audience grant without its scopes. */
export type StoredAudience = Omit<Audience, 'scopes'>;

/**
 * A ticket of an audience grant without its approvals, which have keys of their own, and without its
 * end, which follows from them and from the rule.
 */
export type StoredTicket = Omit<AudienceTicket, 'approvals' | 'expiresAt'> & {
  /** Of the rule: how long the ticket lasts, and the moment after which it lasts in no case. */
  readonly ticketMs: number;
  readonly notAfter: UnixMillis;
};

/** An approval, with the time of the transaction that brought it. */
export type StoredApproval = Readonly<{ approval: SignedApproval; at: UnixMillis }>;

/** A request to recover without its approvals and its end, which have keys of their own. */
export type StoredRecovery = Omit<RecoveryRequest, 'approvals' | 'end'>;

/** The dealings that the new custodians use, and the commitments that follow from them. */
export type StoredResharing = SharingLink & Pick<Sharing, 'commitments'>;

const fact = <T>(type: FactType, ...parts: string[]): FactKey<T> => ({ type, parts });

/** Fixed width, so that the order of keys is the order of numbers. */
const digits = (value: number, width: number): string => String(value).padStart(width, '0');

const VERSION_DIGITS = 10;
const TIME_DIGITS = 15;

export const userKey = (userId: UserId): FactKey<User> => fact('user', userId);

/** One for each rotation. */
export const userKeysKey = (userId: UserId, number: number): FactKey<SignedKeyRotation> =>
  fact('userKeys', userId, digits(number, VERSION_DIGITS));
export const userKeysOf = (userId: UserId): FactKey<SignedKeyRotation> => fact('userKeys', userId);

export const custodianKey = (mspId: MspId): FactKey<Custodian> => fact('custodian', mspId);
export const custodians = (): FactKey<Custodian> => fact('custodian');

export const scopeKey = (scopeId: ScopeId): FactKey<SignedScope> => fact('scope', scopeId);

/** The current epoch of a patient's category, or of what the patient has sealed. */
export const scopeHeadKey = (
  patient: UserId,
  group: ScopeGroup,
): FactKey<{ readonly epoch: number }> => fact('scopeHead', patient, group);

/** Of every group of a patient that has a scope. */
export const scopeHeadsOf = (patient: UserId): FactKey<{ readonly epoch: number }> =>
  fact('scopeHead', patient);

export const policyKey = (patient: UserId, version: number): FactKey<SignedPolicy> =>
  fact('policy', patient, digits(version, VERSION_DIGITS));

export const policyHeadKey = (patient: UserId): FactKey<{ readonly version: number }> =>
  fact('policyHead', patient);

export const recordKey = (recordId: RecordId): FactKey<TransactionRecord> =>
  fact('record', recordId);

export const recordOfKey = (patient: UserId, recordId: RecordId): FactKey<Marker> =>
  fact('recordOf', patient, recordId);
export const recordsOf = (patient: UserId): FactKey<Marker> => fact('recordOf', patient);

export const wrapKey = (recordId: RecordId, scopeId: ScopeId): FactKey<SignedWrap> =>
  fact('wrap', recordId, scopeId);

export const grantKey = (grantId: GrantId): FactKey<StoredGrant> => fact('grant', grantId);

export const grantScopeKey = (grantId: GrantId, scopeId: ScopeId): FactKey<SignedGrantScope> =>
  fact('grantScope', grantId, scopeId);
/** Of one grant, or of all. */
export const grantScopes = (grantId?: GrantId): FactKey<SignedGrantScope> =>
  grantId === undefined ? fact('grantScope') : fact('grantScope', grantId);

export const grantOfKey = (patient: UserId, grantId: GrantId): FactKey<Marker> =>
  fact('grantOf', patient, grantId);
export const grantsOf = (patient: UserId): FactKey<Marker> => fact('grantOf', patient);

/** The patient stands in the key, so that what one patient gave one grantee is one range. */
export const grantToKey = (grantee: UserId, patient: UserId, grantId: GrantId): FactKey<Marker> =>
  fact('grantTo', grantee, patient, grantId);
export const grantsTo = (grantee: UserId, patient?: UserId): FactKey<Marker> =>
  patient === undefined ? fact('grantTo', grantee) : fact('grantTo', grantee, patient);

export const ticketKey = (ticketId: TicketId): FactKey<AccessTicket> => fact('ticket', ticketId);

export const receiptKey = (grantId: GrantId): FactKey<RevocationReceipt> =>
  fact('receipt', grantId);

export const logKey = (
  patient: UserId,
  at: UnixMillis,
  transactionId: string,
): FactKey<AuditEntry> => fact('log', patient, digits(at, TIME_DIGITS), transactionId);
export const logOf = (patient: UserId): FactKey<AuditEntry> => fact('log', patient);
/** Sorts before every entry of this moment and later. */
export const logSince = (patient: UserId, at: UnixMillis): FactKey<AuditEntry> =>
  fact('log', patient, digits(at, TIME_DIGITS));

/** In an organization's implicit private collection only: a sealed fragment's bytes. */
export const fragmentKey = (grantId: GrantId, scopeId: ScopeId): FactKey<Uint8Array> =>
  fact('fragment', grantId, scopeId);

export const audienceKey = (audienceId: AudienceId): FactKey<StoredAudience> =>
  fact('audience', audienceId);

export const audienceScopeKey = (
  audienceId: AudienceId,
  scopeId: ScopeId,
): FactKey<SignedAudienceScope> => fact('audienceScope', audienceId, scopeId);
/** Of one audience grant, or of all. */
export const audienceScopes = (audienceId?: AudienceId): FactKey<SignedAudienceScope> =>
  audienceId === undefined ? fact('audienceScope') : fact('audienceScope', audienceId);

export const audienceOfKey = (patient: UserId, audienceId: AudienceId): FactKey<Marker> =>
  fact('audienceOf', patient, audienceId);
export const audiencesOf = (patient: UserId): FactKey<Marker> => fact('audienceOf', patient);

export const audienceReceiptKey = (audienceId: AudienceId): FactKey<AudienceReceipt> =>
  fact('audienceReceipt', audienceId);

export const audienceTicketKey = (ticketId: TicketId): FactKey<StoredTicket> =>
  fact('audienceTicket', ticketId);

/** One for each organization, so that two that approve write different keys. */
export const ticketApprovalKey = (ticketId: TicketId, mspId: MspId): FactKey<StoredApproval> =>
  fact('ticketApproval', ticketId, mspId);
export const ticketApprovals = (ticketId: TicketId): FactKey<StoredApproval> =>
  fact('ticketApproval', ticketId);

export const emergencyOfKey = (patient: UserId, ticketId: TicketId): FactKey<Marker> =>
  fact('emergencyOf', patient, ticketId);
/** Of one patient, or of all. */
export const emergenciesOf = (patient?: UserId): FactKey<Marker> =>
  patient === undefined ? fact('emergencyOf') : fact('emergencyOf', patient);

export const emergencyByKey = (reader: UserId, ticketId: TicketId): FactKey<Marker> =>
  fact('emergencyBy', reader, ticketId);
export const emergenciesBy = (reader: UserId): FactKey<Marker> => fact('emergencyBy', reader);

/** There until the emergency is reviewed. The time stands in the key: a reader's oldest is the first. */
export const unreviewedKey = (
  reader: UserId,
  issuedAt: UnixMillis,
  ticketId: TicketId,
): FactKey<Marker> => fact('unreviewed', reader, digits(issuedAt, TIME_DIGITS), ticketId);
/** Of one reader, or of all. */
export const unreviewedBy = (reader?: UserId): FactKey<Marker> =>
  reader === undefined ? fact('unreviewed') : fact('unreviewed', reader);

export const reviewRuleKey = (): FactKey<ReviewRule> => fact('reviewRule');

/** In an organization's implicit private collection only: a sealed share's bytes. */
export const shareKey = (audienceId: AudienceId, scopeId: ScopeId): FactKey<Uint8Array> =>
  fact('share', audienceId, scopeId);

export const rosterKey = (number: RosterNumber): FactKey<Roster> =>
  fact('roster', digits(number, VERSION_DIGITS));

/** The roster in force. */
export const rosterHeadKey = (): FactKey<{ readonly number: RosterNumber }> => fact('rosterHead');

/** What one organization supports as the roster of that number. */
export const rosterVoteKey = (number: RosterNumber, mspId: MspId): FactKey<RosterTerms> =>
  fact('rosterVote', digits(number, VERSION_DIGITS), mspId);
export const rosterVotes = (number: RosterNumber): FactKey<RosterTerms> =>
  fact('rosterVote', digits(number, VERSION_DIGITS));

export const dealingKey = (
  audienceId: AudienceId,
  scopeId: ScopeId,
  roster: RosterNumber,
  dealer: MspId,
): FactKey<Dealing> => fact('dealing', audienceId, scopeId, digits(roster, VERSION_DIGITS), dealer);
export const dealings = (
  audienceId: AudienceId,
  scopeId: ScopeId,
  roster: RosterNumber,
): FactKey<Dealing> => fact('dealing', audienceId, scopeId, digits(roster, VERSION_DIGITS));

/** There from the dealing that makes them enough on. */
export const resharingKey = (
  audienceId: AudienceId,
  scopeId: ScopeId,
  roster: RosterNumber,
): FactKey<StoredResharing> =>
  fact('resharing', audienceId, scopeId, digits(roster, VERSION_DIGITS));

/** The sharing in force; there once the patient's own is not. */
export const sharingKey = (audienceId: AudienceId, scopeId: ScopeId): FactKey<Sharing> =>
  fact('sharing', audienceId, scopeId);
export const sharings = (audienceId: AudienceId): FactKey<Sharing> => fact('sharing', audienceId);

/** In an organization's implicit private collection only, as {@link shareKey}. */
export const newShareKey = (
  audienceId: AudienceId,
  scopeId: ScopeId,
  roster: RosterNumber,
): FactKey<Uint8Array> => fact('newShare', audienceId, scopeId, digits(roster, VERSION_DIGITS));

/** In an organization's implicit private collection only: its part of a dealing, sealed. */
export const dealtShareKey = (
  audienceId: AudienceId,
  scopeId: ScopeId,
  roster: RosterNumber,
  dealer: MspId,
): FactKey<Uint8Array> =>
  fact('dealtShare', audienceId, scopeId, digits(roster, VERSION_DIGITS), dealer);

export const recoveryPlanKey = (planId: RecoveryPlanId): FactKey<SignedRecoveryPlan> =>
  fact('recoveryPlan', planId);
export const recoveryPlans = (): FactKey<SignedRecoveryPlan> => fact('recoveryPlan');

/** The patient's plan in force. */
export const recoveryHeadKey = (patient: UserId): FactKey<{ readonly planId: RecoveryPlanId }> =>
  fact('recoveryHead', patient);

/** There while the plan that names the guardian is in force. */
export const wardKey = (guardian: UserId, planId: RecoveryPlanId): FactKey<Marker> =>
  fact('ward', guardian, planId);
export const wardsOf = (guardian: UserId): FactKey<Marker> => fact('ward', guardian);

export const recoveryRequestKey = (requestId: RecoveryRequestId): FactKey<StoredRecovery> =>
  fact('recovery', requestId);

export const recoveryOfKey = (patient: UserId, requestId: RecoveryRequestId): FactKey<Marker> =>
  fact('recoveryOf', patient, requestId);
export const recoveriesOf = (patient: UserId): FactKey<Marker> => fact('recoveryOf', patient);

/** One for each custodian, so that two that approve write different keys. */
export const recoveryApprovalKey = (
  requestId: RecoveryRequestId,
  custodian: RecoveryCustodian,
): FactKey<SignedRecoveryApproval> =>
  fact('recoveryApproval', requestId, custodian.kind, custodianName(custodian));
export const recoveryApprovals = (requestId: RecoveryRequestId): FactKey<SignedRecoveryApproval> =>
  fact('recoveryApproval', requestId);

export const recoveryEndKey = (requestId: RecoveryRequestId): FactKey<SignedRecoveryEnd> =>
  fact('recoveryEnd', requestId);

/** In an organization's implicit private collection only: a sealed share's bytes. */
export const recoveryShareKey = (planId: RecoveryPlanId): FactKey<Uint8Array> =>
  fact('recoveryShare', planId);
