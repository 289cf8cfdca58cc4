/**
 * Every key of the ledger, with the type of the value under it. One key per fact, no counters, no
 * shared lists; index keys hold a marker. See docs/protocol.md §6.1.
 *
 * @module
 */
import type {
  AccessTicket,
  AuditEntry,
  Category,
  Custodian,
  Grant,
  GrantId,
  MspId,
  RecordId,
  RevocationReceipt,
  ScopeId,
  SignedGrantScope,
  SignedPolicy,
  SignedScope,
  SignedWrap,
  TicketId,
  TransactionRecord,
  UnixMillis,
  User,
  UserId,
} from '@emr-share/model';

/** Object types of composite keys. */
export type FactType =
  | 'user'
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
  | 'fragment';

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

const fact = <T>(type: FactType, ...parts: string[]): FactKey<T> => ({ type, parts });

/** Fixed width, so that the order of keys is the order of numbers. */
const digits = (value: number, width: number): string => String(value).padStart(width, '0');

const VERSION_DIGITS = 10;
const TIME_DIGITS = 15;

export const userKey = (userId: UserId): FactKey<User> => fact('user', userId);

export const custodianKey = (mspId: MspId): FactKey<Custodian> => fact('custodian', mspId);
export const custodians = (): FactKey<Custodian> => fact('custodian');

export const scopeKey = (scopeId: ScopeId): FactKey<SignedScope> => fact('scope', scopeId);

/** The current epoch of a patient's category. */
export const scopeHeadKey = (
  patient: UserId,
  category: Category,
): FactKey<{ readonly epoch: number }> => fact('scopeHead', patient, category);

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
