/**
 * Emergencies: declared by an accredited physician, approved by other organizations, ended early.
 *
 * @module
 */
import {
  DEFAULT_REVIEW_RULE,
  EmrError,
  ticketState,
  type AudienceBody,
  type AuditType,
  type EmergencyReason,
  type SignedApproval,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import {
  approvalsOf,
  assertNotOver,
  audienceTicketOf,
  storedTicket,
  wholeTicket,
} from '../audience-tickets.js';
import { assertAudienceInForce, storedAudience } from '../audiences.js';
import { everyCustodian } from '../due-refresh.js';
import { sameFact } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import {
  audienceTicketKey,
  emergencyByKey,
  emergencyOfKey,
  reviewRuleKey,
  rosterHeadKey,
  ticketApprovalKey,
  unreviewedBy,
  unreviewedKey,
  type StoredApproval,
  type StoredTicket,
} from '../ledger-keys.js';
import { assertApproval } from './approvals.js';
import { audienceFor, newTicket, repeatedTicket } from './audience-tickets.js';

export const declareEmergency: Rule<'emergency:Declare'> = async (invocation, request) => {
  const repeated = await repeatedTicket(invocation, request);
  if (repeated !== null) return repeated;
  const { state, now } = invocation;
  const { ticketId, approvals, reason } = request;
  const { body } = await audienceFor(invocation, request, 'emergency');
  await assertAddressees(invocation, reason, body);
  await assertReviewed(invocation);
  const ticket = await newTicket(invocation, body, request);
  assertOnePerOrganization(ticketId, approvals);
  for (const approval of approvals) await assertApproval(invocation, approval, ticket, body);

  const { patient, reader } = ticket;
  const stored = inOrder(approvals).map((approval): StoredApproval => ({ approval, at: now }));
  await state.put(audienceTicketKey(ticketId), ticket);
  await state.put(emergencyOfKey(patient, ticketId), true);
  await state.put(emergencyByKey(reader, ticketId), true);
  await state.put(unreviewedKey(reader, now, ticketId), true);
  for (const one of stored) {
    await state.put(ticketApprovalKey(ticketId, one.approval.body.mspId), one);
  }
  await auditTicket(invocation, 'emergency.declared', ticket);
  return wholeTicket(ticket, stored);
};

/**
 * Reads the range of the ticket's approvals, so that of two that come at once one is invalid and is
 * made again: the answer says whether the ticket is open.
 */
export const approveEmergency: Rule<'emergency:Approve'> = async (invocation, approval) => {
  const { caller, state, now } = invocation;
  const { ticketId, approver, mspId } = approval.body;
  if (caller.userId !== approver) {
    throw new EmrError('SIGNER_MISMATCH', { userId: approver, signer: caller.userId });
  }
  const ticket = await storedTicket(state, ticketId);
  const audience = await storedAudience(state, ticket.audienceId);
  await assertApproval(invocation, approval, ticket, audience.body);
  const before = await approvalsOf(state, ticketId);
  const whole = wholeTicket(ticket, before);
  const earlier = before.find((one) => one.approval.body.mspId === mspId);
  if (earlier !== undefined) {
    if (sameFact(earlier.approval.body, approval.body)) return whole;
    const problem = 'its organization has approved already';
    throw new EmrError('APPROVAL_REFUSED', { ticketId, problem });
  }
  assertNotOver(whole, now);
  assertAudienceInForce(audience, now);

  const stored: StoredApproval = { approval, at: now };
  await state.put(ticketApprovalKey(ticketId, mspId), stored);
  await auditTicket(invocation, 'emergency.approved', ticket);
  const all = [...before, stored];
  return wholeTicket(ticket, all.sort(byOrganization((one) => one.approval)));
};

/** By the patient, the reader, or any privacy officer. One that is over already is left as it is. */
export const endEmergency: Rule<'emergency:End'> = async (invocation, { ticketId }) => {
  const { caller, state, now } = invocation;
  const ticket = await audienceTicketOf(state, ticketId);
  const { userId, role } = caller;
  const isParty = userId === ticket.patient || userId === ticket.reader;
  if (!isParty && role !== 'privacy-officer') {
    throw new EmrError('ROLE_DENIED', { role, action: 'end a ticket of others' });
  }
  if (ticketState(ticket, now) === 'ended') return ticket;
  const ended = { at: now, by: userId };
  const stored = { ...(await storedTicket(state, ticketId)), ended };
  await state.put(audienceTicketKey(ticketId), stored);
  await auditTicket(invocation, 'emergency.ended', stored);
  return { ...ticket, ended };
};

/** Writes the audit entry of something that happened to a ticket. */
export async function auditTicket(
  invocation: Invocation,
  type: AuditType,
  { patient, reader, audienceId, ticketId, purpose }: StoredTicket,
): Promise<void> {
  const subject = { patient, subject: reader, grantId: audienceId, ticketId, purpose };
  await writeAudit(invocation, { type, ...subject });
}

/** The oldest emergency of the caller that waits for its review is within the consortium's grace. */
async function assertReviewed({ caller, state, now }: Invocation): Promise<void> {
  const { graceMs } = (await state.get(reviewRuleKey())) ?? DEFAULT_REVIEW_RULE;
  const [oldest] = await state.list(unreviewedBy(caller.userId));
  const [, at = '', ticketId = ''] = oldest?.parts ?? [];
  const issuedAt = Number(at);
  if (oldest === undefined || now - issuedAt <= graceMs) return;
  throw new EmrError('REVIEW_OVERDUE', { ticketId, issuedAt });
}

/** The words are for custodians of this grant, of whatever roster. Throws `INPUT_INVALID`. */
async function assertAddressees(
  { state }: Invocation,
  { text }: EmergencyReason,
  audience: AudienceBody,
): Promise<void> {
  const reached = (await state.get(rosterHeadKey()))?.number ?? 0;
  const custodians = await everyCustodian(state, audience.custodians, reached);
  const addressed = text?.custodians ?? [];
  if (addressed.every(({ mspId }) => custodians.includes(mspId))) return;
  throw new EmrError('INPUT_INVALID', {
    what: 'the reason',
    problem: 'it is sealed to an organization that is no custodian of the grant',
  });
}

function assertOnePerOrganization(ticketId: string, approvals: readonly SignedApproval[]): void {
  const organizations = new Set(approvals.map(({ body }) => body.mspId));
  if (organizations.size === approvals.length) return;
  const problem = 'two are of one organization';
  throw new EmrError('APPROVAL_REFUSED', { ticketId, problem });
}

/** As the state lists them, so that first and repeated answers agree. */
function inOrder(approvals: readonly SignedApproval[]): readonly SignedApproval[] {
  return [...approvals].sort(byOrganization((approval) => approval));
}

function byOrganization<T>(approvalOf: (item: T) => SignedApproval): (a: T, b: T) => number {
  const nameOf = (item: T): string => approvalOf(item).body.mspId;
  return (a, b) => (nameOf(a) < nameOf(b) ? -1 : 1);
}
