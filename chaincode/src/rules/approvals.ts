/**
 * Approvals: what another organization signs before an emergency opens anything.
 *
 * @module
 */
import {
  APPROVAL_LIFE_MS,
  EmrError,
  type AudienceBody,
  type MspId,
  type SignedApproval,
  type User,
} from '@emr-share/model';
import { MAX_CLOCK_SKEW_MS } from '../clock-skew.js';
import type { Invocation } from '../invocation.js';
import { userKey, type StoredTicket } from '../ledger-keys.js';
import { custodiansInCharge } from '../rosters.js';
import { assertSigned } from '../signed-facts.js';
import { APPROVER_ROLES } from './audience-tickets.js';

/**
 * The approval is for this ticket, and signed by somebody who may approve it: in a role for it, of a
 * custodian of the grant that is not the reader's own organization.
 *
 * @throws EmrError `SIGNER_UNREGISTERED`, `SIGNATURE_INVALID`, `APPROVAL_REFUSED`.
 */
export async function assertApproval(
  { state, now }: Invocation,
  approval: SignedApproval,
  ticket: StoredTicket,
  audience: AudienceBody,
): Promise<void> {
  const { approver: userId } = approval.body;
  const approver = await state.get(userKey(userId));
  if (approver === null) throw new EmrError('SIGNER_UNREGISTERED', { userId });
  assertSigned('approval', approval, approver.verifyingKey);
  const custodians = await custodiansInCharge(state, audience);
  const problem =
    problemOfMatter(approval, ticket) ??
    problemOfApprover(approval, approver) ??
    problemOfRole(approver, audience) ??
    problemOfOrganization(approver, ticket, custodians) ??
    problemOfTime(approval, now);
  if (problem === null) return;
  throw new EmrError('APPROVAL_REFUSED', { ticketId: ticket.ticketId, problem });
}

function problemOfMatter({ body }: SignedApproval, ticket: StoredTicket): string | null {
  const fields = ['ticketId', 'audienceId', 'patient', 'reader', 'purpose'] as const;
  const other = fields.find((field) => body[field] !== ticket[field]);
  return other === undefined ? null : `it is for another ${other}`;
}

function problemOfApprover({ body }: SignedApproval, approver: User): string | null {
  if (approver.status !== 'active') return 'its signer is suspended';
  return body.mspId === approver.mspId ? null : 'its signer is of another organization';
}

function problemOfRole({ role }: User, { rule }: AudienceBody): string | null {
  const dutyAllowed = role !== 'duty-service' || rule.dutyServices;
  return APPROVER_ROLES.includes(role) && dutyAllowed ? null : `the rule lets no ${role} approve`;
}

function problemOfOrganization(
  { mspId }: User,
  ticket: StoredTicket,
  custodians: readonly MspId[],
): string | null {
  if (mspId === ticket.mspId) return "it is of the reader's own organization";
  return custodians.includes(mspId) ? null : 'its organization is no custodian of the grant';
}

function problemOfTime({ body: { approvedAt } }: SignedApproval, now: number): string | null {
  if (approvedAt > now + MAX_CLOCK_SKEW_MS) return 'it was signed in the future';
  return now - approvedAt <= APPROVAL_LIFE_MS ? null : 'it was signed too long ago';
}
