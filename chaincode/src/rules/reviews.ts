/**
 * What follows an emergency: the privacy officers see it, read its reason, and judge it.
 *
 * @module
 */
import { CryptoError } from '@emr-share/crypto';
import {
  canonicalBytes,
  DEFAULT_REVIEW_RULE,
  EmrError,
  ticketState,
  type AudienceTicket,
  type EmergencyReview,
  type TransactionRequest,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { approvalsOf, audienceTicketOf, storedTicket, wholeTicket } from '../audience-tickets.js';
import type { CustodianKeys } from '../contract-service.js';
import { assertRole, sameFact } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import {
  audienceTicketKey,
  emergenciesBy,
  emergenciesOf,
  reviewRuleKey,
  unreviewedBy,
  unreviewedKey,
  type FactKey,
  type Marker,
} from '../ledger-keys.js';
import { bytesOf } from '../signed-facts.js';
import { auditTicket } from './emergencies.js';

export const reviewEmergency: Rule<'emergency:Review'> = async (invocation, request) => {
  const { caller, state, now } = invocation;
  const { ticketId, verdict } = request;
  assertRole(caller.role, ['privacy-officer'], 'review emergencies');
  const ticket = await storedTicket(state, ticketId);
  const whole = wholeTicket(ticket, await approvalsOf(state, ticketId));
  const { userId: reviewer, mspId } = caller;
  const { review: earlier } = ticket;
  if (earlier?.reviewer === reviewer && earlier.verdict === verdict) return whole;
  const problem = problemOfReview(whole, caller, now);
  if (problem !== null) throw new EmrError('REVIEW_REFUSED', { ticketId, problem });

  const review: EmergencyReview = { verdict, reviewer, mspId, reviewedAt: now };
  const reviewed = { ...ticket, review };
  await state.put(audienceTicketKey(ticketId), reviewed);
  await state.delete(unreviewedKey(ticket.reader, ticket.issuedAt, ticketId));
  await auditTicket(invocation, 'emergency.reviewed', reviewed);
  return { ...whole, review };
};

function problemOfReview(
  ticket: AudienceTicket,
  { mspId, userId }: Invocation['caller'],
  now: number,
): string | null {
  if (ticket.reason === undefined) return 'it is no emergency';
  if (ticket.review !== undefined) return 'it is reviewed already';
  if (mspId === ticket.mspId) return "the reviewer is of the reader's own organization";
  if (ticket.approvals.some(({ body }) => body.approver === userId)) {
    return 'the reviewer has approved it';
  }
  return ticketState(ticket, now) === 'ended' ? null : 'the ticket is not over yet; end it first';
}

export const listTickets: Rule<'emergency:ListTickets'> = async ({ caller, state }, request) => {
  const wanted = { ...request, ...partyOf(caller, request) };
  const { patient, reader, unreviewed } = wanted;
  const { entries, bookmark } = await state.page(listingOf(wanted), request);
  const all = await Promise.all(
    entries.map(({ parts }) => audienceTicketOf(state, parts.at(-1) ?? '')),
  );
  const tickets = all.filter(
    (ticket) =>
      (patient ?? ticket.patient) === ticket.patient &&
      (reader ?? ticket.reader) === ticket.reader &&
      (unreviewed !== true || ticket.review === undefined),
  );
  return { tickets, ...(bookmark === undefined ? {} : { bookmark }) };
};

type Listing = TransactionRequest<'emergency:ListTickets'>;

/** Those who watch over emergencies may see all; others their own, and need not say so. */
function partyOf(
  { userId, role }: Invocation['caller'],
  { patient, reader }: Listing,
): Pick<Listing, 'patient' | 'reader'> {
  if (role === 'privacy-officer' || role === 'auditor') return {};
  if (patient === userId || reader === userId) return {};
  if (patient === undefined && reader === undefined) {
    return role === 'patient' ? { patient: userId } : { reader: userId };
  }
  const action = 'list the emergencies of others';
  throw new EmrError('ROLE_DENIED', { role, action });
}

/** The shortest listing that has all that is asked for. */
function listingOf({ patient, reader, unreviewed }: Listing): FactKey<Marker> {
  if (reader !== undefined) {
    return unreviewed === true ? unreviewedBy(reader) : emergenciesBy(reader);
  }
  if (patient !== undefined) return emergenciesOf(patient);
  return unreviewed === true ? unreviewedBy() : emergenciesOf();
}

/** The words leave the contract service for the organization's own privacy officer only. */
export const readReason: Rule<'emergency:ReadReason'> = async (invocation, { ticketId }) => {
  const { caller, state, service } = invocation;
  const { mspId } = service;
  assertRole(caller.role, ['privacy-officer'], 'read the reason of an emergency');
  if (caller.mspId !== mspId) {
    const action = `read what is sealed to ${mspId}`;
    throw new EmrError('ROLE_DENIED', { role: caller.role, action });
  }
  const { reason } = await storedTicket(state, ticketId);
  const own = reason?.text?.custodians.find((one) => one.mspId === mspId);
  if (own === undefined) {
    const problem = 'its reason has no words for this organization';
    throw new EmrError('REVIEW_REFUSED', { ticketId, problem });
  }
  const context = canonicalBytes({ ticketId, to: mspId });
  const text = openWithAny(service.custodians, bytesOf(own.sealed), context);
  if (text !== null) return { ticketId, text: new TextDecoder().decode(text) };
  const problem = 'its words open with no custodian key that this organization holds';
  throw new EmrError('REVIEW_REFUSED', { ticketId, problem });
};

/** Words are sealed to the key of the day, and are not sealed anew when it changes. */
function openWithAny(
  custodians: CustodianKeys,
  sealed: Uint8Array,
  context: Uint8Array,
): Uint8Array | null {
  for (const generation of [...custodians.generations].reverse()) {
    try {
      return custodians.of(generation)?.open(sealed, context) ?? null;
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
    }
  }
  return null;
}

export const publishReviewRule: Rule<'emergency:PublishReviewRule'> = async (invocation, rule) => {
  const { caller, state } = invocation;
  assertRole(caller.role, ['admin'], 'set how long an emergency may stay unreviewed');
  const current = await state.get(reviewRuleKey());
  if (current !== null && sameFact(current, rule)) return current;
  await state.put(reviewRuleKey(), rule);
  await writeAudit(invocation, { type: 'review-rule.published' });
  return rule;
};

export const getReviewRule: Rule<'emergency:GetReviewRule'> = async ({ state }) =>
  (await state.get(reviewRuleKey())) ?? DEFAULT_REVIEW_RULE;
