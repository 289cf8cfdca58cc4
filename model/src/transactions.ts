/**
 * Every transaction of the contracts: its name, who endorses it, its request and its response.
 * Contracts validate requests with this table, clients validate responses. See docs/protocol.md §6.
 *
 * @module
 */
import * as v from 'valibot';
import { AuditEntry } from './audit.js';
import { Category } from './category.js';
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
import { SignedKeyRotation } from './key-rotation.js';
import { PolicyVersion, SignedPolicy } from './policy.js';
import { PurposeOfUse } from './purpose.js';
import { SignedWrap, TransactionRecord } from './record.js';
import { ScopeGroup, ScopeId, SignedScope } from './scope.js';
import { AccessTicket } from './ticket.js';
import { AUDIENCE_TRANSACTIONS, EMERGENCY_TRANSACTIONS } from './transactions/audiences.js';
import { CUSTODY_TRANSACTIONS } from './transactions/custody.js';
import { RECOVERY_TRANSACTIONS } from './transactions/recovery.js';
import { Empty, list, paged, PageSize, spec, type TransactionTable } from './transactions/spec.js';
import { Custodian, SignedRegistration, User } from './user.js';

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

export const TRANSACTIONS = {
  // Users, custodians, scopes and policies
  'registry:RegisterUser': spec('consortium', SignedRegistration, User),
  'registry:SuspendUser': spec('consortium', v.strictObject({ userId: UserId }), User),
  'registry:GetUser': spec('query', v.strictObject({ userId: UserId }), User),
  /**
   * New keys for the caller. A patient's next epochs come with them, one for each group that has a
   * scope, signed by the new key: nothing is filed under the former seed any more.
   */
  'registry:RotateKeys': spec(
    'consortium',
    v.strictObject({
      rotation: SignedKeyRotation,
      scopes: v.pipe(v.array(SignedScope), v.maxLength(MAX_SCOPES_PER_CALL)),
    }),
    User,
  ),
  /** All rotations of a user's keys, the first one first. */
  'registry:GetKeyHistory': spec(
    'query',
    v.strictObject({ userId: UserId }),
    v.strictObject({ userId: UserId, rotations: v.array(SignedKeyRotation) }),
  ),
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

  ...AUDIENCE_TRANSACTIONS,
  ...EMERGENCY_TRANSACTIONS,
  ...CUSTODY_TRANSACTIONS,
  ...RECOVERY_TRANSACTIONS,

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
} as const satisfies TransactionTable;

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
