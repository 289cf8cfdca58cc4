/**
 * Tickets of audience grants as people read them.
 *
 * @module
 */
import { EMERGENCY_REASONS, ticketState, type AudienceTicket } from '@emr-share/model';
import { localTime } from './local-time.js';
import { shortId } from './short-id.js';
import { pairs, table } from './table.js';

const TITLES = ['ticket', 'patient', 'physician', 'declared', 'reason', 'state', 'review'];

/** Whether a ticket opens something at `now`, and what it lacks. */
export function ticketStateText(ticket: AudienceTicket, now: number): string {
  const { approvals, approvalsNeeded, expiresAt, ended } = ticket;
  const state = ticketState(ticket, now);
  if (state === 'open') return `open until ${localTime(expiresAt)}`;
  if (state === 'pending') {
    return `waits for approvals: ${String(approvals.length)} of ${String(approvalsNeeded)}`;
  }
  return ended === undefined ? `ended at ${localTime(expiresAt)}` : `ended early by ${ended.by}`;
}

/** What a privacy officer found; nothing where nobody has looked yet. */
export function reviewText({ reason, review }: AudienceTicket): string {
  if (review !== undefined) return `${review.verdict} by ${review.reviewer}`;
  return reason === undefined ? '' : 'not reviewed';
}

export function describeTicket(ticket: AudienceTicket, now: number): string {
  const { ticketId, patient, reader, mspId, purpose, reason, issuedAt, approvals } = ticket;
  return pairs({
    ticket: ticketId,
    patient,
    physician: `${reader} (${mspId})`,
    ...(reason === undefined
      ? {}
      : { reason: `${reason.code}: ${EMERGENCY_REASONS[reason.code]}` }),
    purpose,
    declared: localTime(issuedAt),
    ...(approvals.length === 0
      ? {}
      : {
          'approved by': approvals.map(({ body }) => `${body.approver} (${body.mspId})`).join(', '),
        }),
    state: ticketStateText(ticket, now),
    ...(reason === undefined ? {} : { review: reviewText(ticket) }),
  });
}

/** A line for each. */
export function ticketTable(tickets: readonly AudienceTicket[], now: number): string {
  const rows = tickets.map((ticket) => [
    shortId(ticket.ticketId),
    ticket.patient,
    ticket.reader,
    localTime(ticket.issuedAt),
    ticket.reason?.code ?? '',
    ticketStateText(ticket, now),
    reviewText(ticket),
  ]);
  return table(TITLES, rows, 'no emergencies');
}
