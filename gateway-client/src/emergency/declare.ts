/**
 * Declaring an emergency: one transaction, for everyone to see.
 *
 * @module
 */
import {
  AudienceId,
  EMERGENCY_PURPOSES,
  EmrError,
  SignedApproval,
  TicketId,
  UserId,
  validate,
  type Audience,
  type AudienceTicket,
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
import { recipientsOf, sealedReason, type ReasonOptions } from './reason.js';

/** What approvers sign before an emergency is declared, and what it is then declared with. */
export interface PreparedEmergency extends ApprovalRequest {
  readonly purpose: EmergencyPurpose;
}

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
  /** As it was prepared, or as the approvals have it: saves the look-up. Default: the rule in force. */
  readonly audienceId?: AudienceId | undefined;
  readonly reason: ReasonOptions;
  /** Approvals that were signed beforehand: with enough of them the ticket is open at once. */
  readonly approvals?: readonly SignedApproval[] | undefined;
}

interface Question {
  readonly patient: UserId;
  readonly purpose: EmergencyPurpose;
  readonly ticketId: TicketId;
}

function questionOf({ rng }: ClientContext, options: PrepareOptions): Question {
  return {
    patient: validate(UserId, options.patient, 'the patient'),
    purpose: validate(
      v.picklist(EMERGENCY_PURPOSES),
      options.purpose ?? 'ETREAT',
      'the purpose of an emergency',
    ),
    ticketId: validate(TicketId, options.ticketId ?? bytesToHex(rng(16)), 'the ticket ID'),
  };
}

/** Needed as soon as records are opened: looked up while the declaration is under way. */
function lookUpKeys({ directory }: ClientContext, patient: UserId, signal: AbortSignal): void {
  directory.keys(patient, signal).catch(() => undefined);
}

async function ruleInForce(
  context: ClientContext,
  desk: TicketDesk,
  { patient, purpose }: Question,
  signal: AbortSignal,
): Promise<Audience> {
  const audience = await findAudience(context, { patient, purpose, kind: 'emergency' }, signal);
  desk.remember(audience);
  return audience;
}

/** See `Emergency.prepare`. */
export async function prepareEmergency(
  context: ClientContext,
  desk: TicketDesk,
  options: PrepareOptions,
  signal: AbortSignal,
): Promise<PreparedEmergency> {
  const question = questionOf(context, options);
  lookUpKeys(context, question.patient, signal);
  const { body } = await ruleInForce(context, desk, question, signal);
  return { ...question, audienceId: body.audienceId, reader: context.userId };
}

/** See `Emergency.declare`. */
export async function declareEmergency(
  context: ClientContext,
  desk: TicketDesk,
  options: DeclareOptions,
  signal: AbortSignal,
): Promise<AudienceTicket> {
  const question = questionOf(context, options);
  const { patient, purpose, ticketId } = question;
  const given = [...(options.approvals ?? [])];
  const approvals = validate(v.array(SignedApproval), given, 'the approvals');
  lookUpKeys(context, patient, signal);
  const named = options.audienceId ?? approvals[0]?.body.audienceId;
  const [audience, recipients] = await Promise.all([
    named === undefined
      ? ruleInForce(context, desk, question, signal)
      : desk.audience(validate(AudienceId, named, 'the ID of the emergency rule'), signal),
    recipientsOf(context, options.reason, patient, signal),
  ]);
  if (audience.body.patient !== patient) {
    const problem = 'it is of another patient';
    throw new EmrError('INPUT_INVALID', { what: 'the emergency rule', problem });
  }
  const { audienceId } = audience.body;
  const reason = sealedReason(context, options.reason, recipients, { ticketId, audience });
  const request = { ticketId, audienceId, purpose, reason, approvals };
  const ticket = await submitDeclaration(context, desk, request, signal);
  return assertOwnTicket(context, ticket, { ticketId, audience });
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
