/**
 * Tickets of audience grants as they stand in the state: a body, and approvals under keys of their
 * own. When a ticket ends follows from both.
 *
 * @module
 */
import {
  EmrError,
  ticketState,
  type AudienceTicket,
  type TicketId,
  type UnixMillis,
} from '@emr-share/model';
import type { Invocation } from './invocation.js';
import {
  audienceTicketKey,
  ticketApprovals,
  type StoredApproval,
  type StoredTicket,
} from './ledger-keys.js';
import type { WorldState } from './world-state.js';

/** @throws EmrError `TICKET_NOT_FOUND`. */
export async function storedTicket(state: WorldState, ticketId: TicketId): Promise<StoredTicket> {
  const ticket = await state.get(audienceTicketKey(ticketId));
  if (ticket === null) throw new EmrError('TICKET_NOT_FOUND', { ticketId });
  return ticket;
}

/** The approvals of a ticket, in the order of their organizations. Reads a range. */
export async function approvalsOf(
  state: WorldState,
  ticketId: TicketId,
): Promise<readonly StoredApproval[]> {
  return (await state.list(ticketApprovals(ticketId))).map(({ value }) => value);
}

/** A ticket with all its approvals. Throws `TICKET_NOT_FOUND`. */
export async function audienceTicketOf(
  state: WorldState,
  ticketId: TicketId,
): Promise<AudienceTicket> {
  return wholeTicket(await storedTicket(state, ticketId), await approvalsOf(state, ticketId));
}

/** A ticket as the ledger has it with these approvals. */
export function wholeTicket(
  { ticketMs, notAfter, ...ticket }: StoredTicket,
  approvals: readonly StoredApproval[],
): AudienceTicket {
  const since = completedAt(ticket, approvals) ?? ticket.issuedAt;
  return {
    ...ticket,
    approvals: approvals.map(({ approval }) => approval),
    expiresAt: Math.min(since + ticketMs, notAfter),
  };
}

/** When the last approval came that the ticket needs; `null` while one is missing. */
function completedAt(
  { issuedAt, approvalsNeeded }: Pick<AudienceTicket, 'issuedAt' | 'approvalsNeeded'>,
  approvals: readonly StoredApproval[],
): UnixMillis | null {
  const times = [issuedAt, ...approvals.map(({ at }) => Math.max(at, issuedAt))];
  return times.sort((a, b) => a - b)[approvalsNeeded] ?? null;
}

/**
 * The ticket was issued to the caller and opens records now.
 *
 * @throws EmrError `TICKET_MISMATCH`, `TICKET_ENDED`, `TICKET_EXPIRED`, `APPROVALS_MISSING`.
 */
export function assertOpen(
  ticket: AudienceTicket,
  { caller, now }: Pick<Invocation, 'caller' | 'now'>,
): void {
  const { ticketId, reader, approvals, approvalsNeeded } = ticket;
  if (caller.userId !== reader) throw new EmrError('TICKET_MISMATCH', { ticketId });
  assertNotOver(ticket, now);
  if (ticketState(ticket, now) === 'open') return;
  const [have, need] = [approvals.length, approvalsNeeded];
  throw new EmrError('APPROVALS_MISSING', { ticketId, have, need });
}

/** @throws EmrError `TICKET_ENDED`, `TICKET_EXPIRED`. */
export function assertNotOver(
  { ticketId, ended, expiresAt }: AudienceTicket,
  now: UnixMillis,
): void {
  if (ended !== undefined) throw new EmrError('TICKET_ENDED', { ticketId, endedAt: ended.at });
  if (now >= expiresAt) throw new EmrError('TICKET_EXPIRED', { ticketId, expiresAt });
}
