/**
 * Approving an emergency: a signed statement, submitted by the approver or brought by the physician.
 *
 * @module
 */
import {
  ApprovalBody,
  validate,
  type AudienceId,
  type AudienceTicket,
  type PurposeOfUse,
  type SignedApproval,
  type TicketId,
  type UserId,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { submitSettled } from '../settle.js';

/** What an approver is asked to sign. */
export interface ApprovalRequest {
  readonly ticketId: TicketId;
  readonly audienceId: AudienceId;
  readonly patient: UserId;
  /** The physician who declares. */
  readonly reader: UserId;
  readonly purpose: PurposeOfUse;
}

/** The caller's approval. Throws `INPUT_INVALID`. */
export function signedApproval(
  { keyring, clock, userId, mspId }: ClientContext,
  { ticketId, audienceId, patient, reader, purpose }: ApprovalRequest,
): SignedApproval {
  const statement = { ticketId, audienceId, patient, reader, purpose };
  const by = { approver: userId, mspId, approvedAt: clock.now() };
  const body = validate(ApprovalBody, { ...statement, ...by }, 'the approval');
  return { body, signature: keyring.sign('approval', body) };
}

/** Approves a ticket as the ledger has it. */
export async function approveTicket(
  context: ClientContext,
  ticket: AudienceTicket,
  signal: AbortSignal,
): Promise<AudienceTicket> {
  const { ledger, userId } = context;
  const { ticketId } = ticket;
  const { response } = await submitSettled(
    ledger,
    'emergency:Approve',
    signedApproval(context, ticket),
    {
      signal,
      recall: () => ledger.evaluate('audience:GetTicket', { ticketId }, { signal }),
      missing: 'TICKET_NOT_FOUND',
      isOurs: ({ approvals }) => approvals.some(({ body }) => body.approver === userId),
    },
  );
  return response;
}
