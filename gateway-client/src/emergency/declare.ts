/**
 * Declaring an emergency: one transaction, for everyone to see.
 *
 * @module
 */
import {
  EMERGENCY_PURPOSES,
  EmrError,
  SignedApproval,
  TicketId,
  UserId,
  validate,
  type Audience,
  type AudienceTicket,
  type PurposeOfUse,
  type TransactionRequest,
} from '@emr-share/model';
import * as v from 'valibot';
import { findAudience } from '../audiences/find-audience.js';
import { assertOwnTicket, type TicketDesk } from '../audiences/ticket-desk.js';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import type { CallOptions } from '../ports/ledger.js';
import { submitSettled } from '../settle.js';
import type { ApprovalRequest } from './approval.js';
import { sealedReason, type ReasonOptions } from './reason.js';

export type EmergencyPurpose = (typeof EMERGENCY_PURPOSES)[number];

export interface PrepareOptions extends CallOptions {
  /** As the card, the QR code or the hospital's own index has it. */
  readonly patient: UserId;
  /** Default `ETREAT`. */
  readonly purpose?: EmergencyPurpose | undefined;
  /** 32 hex digits; give the same one to repeat a declaration. Default random. */
  readonly ticketId?: TicketId | undefined;
}

export interface DeclareOptions extends PrepareOptions {
  readonly reason: ReasonOptions;
  /** Approvals that were signed beforehand: with enough of them the ticket is open at once. */
  readonly approvals?: readonly SignedApproval[] | undefined;
}

interface Declaration {
  readonly audience: Audience;
  readonly ticketId: TicketId;
  readonly purpose: PurposeOfUse;
}

async function declarationOf(
  context: ClientContext,
  options: PrepareOptions,
  signal: AbortSignal,
): Promise<Declaration> {
  const { rng, directory } = context;
  const patient = validate(UserId, options.patient, 'the patient');
  const purpose = validate(
    v.picklist(EMERGENCY_PURPOSES),
    options.purpose ?? 'ETREAT',
    'the purpose of an emergency',
  );
  const ticketId = validate(TicketId, options.ticketId ?? bytesToHex(rng(16)), 'the ticket ID');
  // Needed as soon as records are opened: looked up while the declaration is under way.
  directory.keys(patient, signal).catch(() => undefined);
  const wanted = { patient, purpose, kind: 'emergency' } as const;
  return { audience: await findAudience(context, wanted, signal), ticketId, purpose };
}

/** See `Emergency.prepare`. */
export async function prepareEmergency(
  context: ClientContext,
  options: PrepareOptions,
  signal: AbortSignal,
): Promise<ApprovalRequest> {
  const { audience, ticketId, purpose } = await declarationOf(context, options, signal);
  const { audienceId, patient } = audience.body;
  return { ticketId, audienceId, patient, reader: context.userId, purpose };
}

/** See `Emergency.declare`. */
export async function declareEmergency(
  context: ClientContext,
  desk: TicketDesk,
  options: DeclareOptions,
  signal: AbortSignal,
): Promise<AudienceTicket> {
  const approvals = validate(
    v.array(SignedApproval),
    [...(options.approvals ?? [])],
    'the approvals',
  );
  const declaration = await declarationOf(context, options, signal);
  const { audience, ticketId, purpose } = declaration;
  const { audienceId } = audience.body;
  const reason = await sealedReason(context, options.reason, declaration, signal);
  const request = { ticketId, audienceId, purpose, reason, approvals };
  const ticket = await submitDeclaration(context, desk, request, signal);
  desk.remember(audience);
  return assertOwnTicket(context, ticket, declaration);
}

async function submitDeclaration(
  context: ClientContext,
  desk: TicketDesk,
  request: TransactionRequest<'emergency:Declare'>,
  signal: AbortSignal,
): Promise<AudienceTicket> {
  const recall = (): Promise<AudienceTicket> => desk.ticket(request.ticketId, signal);
  try {
    const settled = await submitSettled(context.ledger, 'emergency:Declare', request, {
      signal,
      recall,
      missing: 'TICKET_NOT_FOUND',
    });
    return settled.response;
  } catch (error) {
    // A repeat seals the reason's words anew, and so is not the same to the ledger.
    if (!EmrError.is(error, 'TICKET_EXISTS') || request.reason.text === undefined) throw error;
    const found = await recall();
    const isRepeat =
      found.audienceId === request.audienceId &&
      found.purpose === request.purpose &&
      found.reason?.code === request.reason.code;
    if (found.reader !== context.userId || !isRepeat) throw error;
    return found;
  }
}
