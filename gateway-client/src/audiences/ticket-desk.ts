/**
 * Tickets at hand: what a reader has been given is not asked for again, for an emergency counts round
 * trips.
 *
 * @module
 */
import {
  EmrError,
  TicketId,
  validate,
  type Audience,
  type AudienceId,
  type AudienceTicket,
  type TransactionRecord,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import type { Admission } from './open-records.js';

/** A ticket, or the ID of one. */
export type TicketRef = TicketId | AudienceTicket;

/** The audience grants that one client has come across, by ID. */
export class TicketDesk {
  readonly #context: ClientContext;
  readonly #audiences = new Map<AudienceId, Audience>();

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** Keeps a grant for when its ticket is used. */
  remember(audience: Audience): void {
    this.#audiences.set(audience.body.audienceId, audience);
  }

  /** A ticket as the ledger has it. Throws `TICKET_NOT_FOUND`. */
  async ticket(ticketId: TicketId, signal: AbortSignal): Promise<AudienceTicket> {
    const request = { ticketId: validate(TicketId, ticketId, 'the ticket ID') };
    return this.#context.ledger.evaluate('audience:GetTicket', request, { signal });
  }

  /**
   * A ticket that opens records, with its grant.
   *
   * @throws EmrError `TICKET_NOT_FOUND`, `APPROVALS_MISSING`.
   */
  async admit(ref: TicketRef, signal: AbortSignal): Promise<Admission> {
    const isOpen = typeof ref !== 'string' && ref.approvals.length >= ref.approvalsNeeded;
    const ticket = isOpen
      ? ref
      : await this.ticket(typeof ref === 'string' ? ref : ref.ticketId, signal);
    const { ticketId, audienceId, approvals, approvalsNeeded: need } = ticket;
    if (approvals.length < need) {
      throw new EmrError('APPROVALS_MISSING', { ticketId, have: approvals.length, need });
    }
    return { ticket, audience: await this.audience(audienceId, signal) };
  }

  /** The admission with the grant as it stands now, where records have come in a newer epoch. */
  async covering(
    admission: Admission,
    records: readonly TransactionRecord[],
    signal: AbortSignal,
  ): Promise<Admission> {
    const { audience, ticket } = admission;
    const scopes = new Set(audience.scopes.map(({ body }) => body.scopeId));
    if (records.every(({ metadata }) => scopes.has(metadata.keyWrap.scopeId))) return admission;
    return { ticket, audience: await this.audienceAnew(ticket.audienceId, signal) };
  }

  /** {@link audience} as it stands now. */
  async audienceAnew(audienceId: AudienceId, signal: AbortSignal): Promise<Audience> {
    this.#audiences.delete(audienceId);
    return this.audience(audienceId, signal);
  }

  /** One grant, for its patient and those it lets in. Its signatures are not checked yet. */
  async audience(audienceId: AudienceId, signal: AbortSignal): Promise<Audience> {
    const known = this.#audiences.get(audienceId);
    if (known !== undefined) return known;
    const request = { audienceId };
    const audience = await this.#context.ledger.evaluate('audience:GetAudience', request, {
      signal,
    });
    if (audience.body.audienceId !== audienceId) {
      throw new EmrError('SIGNATURE_INVALID', { what: 'audience grant' });
    }
    this.remember(audience);
    return audience;
  }
}

/**
 * The ticket that was asked for.
 *
 * @throws EmrError `TICKET_MISMATCH` where it is another reader's, or of another grant.
 */
export function assertOwnTicket(
  { userId, keyring }: ClientContext,
  ticket: AudienceTicket,
  asked: { readonly ticketId: TicketId; readonly audience: Audience },
): AudienceTicket {
  const { audienceId, patient } = asked.audience.body;
  const isOurs =
    ticket.ticketId === asked.ticketId &&
    ticket.audienceId === audienceId &&
    ticket.patient === patient &&
    ticket.reader === userId &&
    keyring.ownReaderPk(ticket.readerKey) !== null;
  if (isOurs) return ticket;
  throw new EmrError('TICKET_MISMATCH', { ticketId: asked.ticketId });
}
