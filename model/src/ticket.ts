/**
 * Access tickets: the audited permission of one reader to have one record's capsule re-encrypted.
 *
 * @module
 */
import * as v from 'valibot';
import { GrantId, RecordId, TicketId, UnixMillis, UserId } from './ids.js';
import { PurposeOfUse } from './purpose.js';
import { ScopeId } from './scope.js';

export const AccessTicket = v.strictObject({
  ticketId: TicketId,
  grantId: GrantId,
  recordId: RecordId,
  /** The scope whose fragments the custodians use. */
  scopeId: ScopeId,
  patient: UserId,
  reader: UserId,
  purpose: PurposeOfUse,
  issuedAt: UnixMillis,
  /** First moment at which custodians no longer answer. */
  expiresAt: UnixMillis,
});
export type AccessTicket = v.InferOutput<typeof AccessTicket>;
