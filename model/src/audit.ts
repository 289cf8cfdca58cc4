/**
 * The audit trail: one entry for every public transaction, on the ledger and as chaincode event.
 *
 * @module
 */
import * as v from 'valibot';
import { GrantId, MspId, RecordId, TicketId, UnixMillis, UserId } from './ids.js';
import { PurposeOfUse } from './purpose.js';
import { RecoveryRequestId } from './recovery.js';

/** Names of chaincode events, and the `type` of audit entries. */
export const AUDIT_TYPES = [
  'user.registered',
  'user.suspended',
  'custodian.published',
  'custodian.retired',
  'scope.published',
  'policy.published',
  'record.filed',
  'record.wrapped',
  'grant.created',
  'grant.extended',
  'grant.revoked',
  'grant.closed',
  'access.granted',
  'audience.created',
  'audience.extended',
  'audience.ended',
  'audience.closed',
  'audience.opened',
  'emergency.declared',
  'emergency.approved',
  'emergency.ended',
  'emergency.reviewed',
  'review-rule.published',
  'roster.supported',
  'roster.adopted',
  'shares.dealt',
  'shares.refreshed',
  'recovery.planned',
  'recovery.requested',
  'recovery.approved',
  'recovery.vetoed',
  'recovery.completed',
  'keys.rotated',
] as const;

export const AuditType = v.picklist(AUDIT_TYPES);
export type AuditType = v.InferOutput<typeof AuditType>;

export const AuditEntry = v.strictObject({
  type: AuditType,
  /** The transaction's timestamp. */
  at: UnixMillis,
  transactionId: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  /** Who submitted the transaction. */
  actor: UserId,
  mspId: MspId,
  /** Whose data it concerns; left out where it concerns no patient. */
  patient: v.optional(UserId),
  recordId: v.optional(RecordId),
  /** Of a named grant, or of an audience grant. */
  grantId: v.optional(GrantId),
  ticketId: v.optional(TicketId),
  /** Of a request to recover a keyring. */
  requestId: v.optional(RecoveryRequestId),
  /** The delegatee of a grant, or the user a registration or suspension is of. */
  subject: v.optional(UserId),
  purpose: v.optional(PurposeOfUse),
});
export type AuditEntry = v.InferOutput<typeof AuditEntry>;
