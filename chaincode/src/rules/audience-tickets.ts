/**
 * Tickets of audience grants: issued by attributes alone, and shown to whom they concern.
 *
 * @module
 */
import {
  EmrError,
  refusalOfAudience,
  type AudienceBody,
  type AudienceTicket,
  type Caller,
  type EmergencyReason,
  type PurposeOfUse,
  type Role,
  type TicketId,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { audienceTicketOf, wholeTicket } from '../audience-tickets.js';
import { refuseAudience, storedAudience } from '../audiences.js';
import { currentPolicy, sameFact, userOf } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { audienceTicketKey, type StoredAudience, type StoredTicket } from '../ledger-keys.js';

/** Who may approve, where the rule and the organization fit. */
export const APPROVER_ROLES: readonly Role[] = [
  'emergency-physician',
  'privacy-officer',
  'duty-service',
];

/** What a reader asks for. */
export interface TicketRequest {
  readonly ticketId: TicketId;
  readonly audienceId: string;
  readonly purpose: PurposeOfUse;
  readonly reason?: EmergencyReason;
}

export const requestTicket: Rule<'audience:RequestTicket'> = async (invocation, request) => {
  const repeated = await repeatedTicket(invocation, request);
  if (repeated !== null) return repeated;
  const { state } = invocation;
  const audience = await audienceFor(invocation, request, 'attributes');
  const stored = await newTicket(invocation, audience.body, request);
  await state.put(audienceTicketKey(stored.ticketId), stored);
  const { patient, reader: subject, audienceId: grantId, ticketId, purpose } = stored;
  await writeAudit(invocation, {
    type: 'audience.opened',
    patient,
    subject,
    grantId,
    ticketId,
    purpose,
  });
  return wholeTicket(stored, []);
};

export const getAudienceTicket: Rule<'audience:GetTicket'> = async (
  { caller, state },
  { ticketId },
) => {
  const ticket = await audienceTicketOf(state, ticketId);
  if (mayWatch(caller, ticket)) return ticket;
  throw new EmrError('TICKET_MISMATCH', { ticketId });
};

/** The reader, the patient, auditors and privacy officers, and whoever could approve it. */
function mayWatch({ userId, role, mspId }: Caller, ticket: AudienceTicket): boolean {
  if (userId === ticket.reader || userId === ticket.patient) return true;
  if (role === 'auditor' || role === 'privacy-officer') return true;
  return APPROVER_ROLES.includes(role) && mspId !== ticket.mspId;
}

/**
 * The ticket that an identical request has made already; `null` where there is none.
 *
 * @throws EmrError `TICKET_EXISTS` where there is one for something else.
 */
export async function repeatedTicket(
  { caller, state }: Invocation,
  { ticketId, audienceId, purpose, reason }: TicketRequest,
): Promise<AudienceTicket | null> {
  const existing = await state.get(audienceTicketKey(ticketId));
  if (existing === null) return null;
  const asked = { audienceId, purpose, reason, reader: caller.userId };
  const { audienceId: of, purpose: to, reason: because, reader } = existing;
  if (!sameFact({ audienceId: of, purpose: to, reason: because, reader }, asked)) {
    throw new EmrError('TICKET_EXISTS', { ticketId });
  }
  return audienceTicketOf(state, ticketId);
}

/**
 * The audience grant, where it is of this kind and lets the caller in.
 *
 * @throws EmrError `AUDIENCE_NOT_FOUND`, `AUDIENCE_REFUSED` for the other kind; of the decision.
 */
export async function audienceFor(
  invocation: Invocation,
  { audienceId, purpose }: TicketRequest,
  kind: AudienceBody['rule']['kind'],
): Promise<StoredAudience> {
  const audience = await storedAudience(invocation.state, audienceId);
  if (audience.body.rule.kind !== kind) {
    const asFor = kind === 'emergency' ? 'request a ticket' : 'declare an emergency';
    refuseAudience(audienceId, `it is of another kind: ${asFor}`);
  }
  await assertLetsIn(invocation, audience, purpose);
  return audience;
}

/** @throws EmrError of the decision, docs/protocol.md §7. */
export async function assertLetsIn(
  { caller, state, now }: Invocation,
  audience: StoredAudience,
  purpose: PurposeOfUse,
): Promise<void> {
  const policy = await currentPolicy(state, audience.body.patient);
  const refusal = refusalOfAudience({ caller, audience, policy, purpose, now });
  if (refusal !== null) throw refusal;
}

/** A ticket for the caller; nothing is written yet. */
export async function newTicket(
  { caller, state, now }: Invocation,
  { patient, rule }: AudienceBody,
  { ticketId, audienceId, purpose, reason }: TicketRequest,
): Promise<StoredTicket> {
  const { readerKey } = await userOf(state, caller.userId);
  return {
    ticketId,
    audienceId,
    patient,
    reader: caller.userId,
    mspId: caller.mspId,
    readerKey,
    purpose,
    ...(reason === undefined ? {} : { reason }),
    issuedAt: now,
    approvalsNeeded: rule.approvals,
    ticketMs: rule.ticketMs,
    notAfter: rule.notAfter,
  };
}
