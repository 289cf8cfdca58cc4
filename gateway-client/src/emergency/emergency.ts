/**
 * Namespace `emergency`: breaking the glass in front of everyone's eyes.
 *
 * @module
 */
import {
  TicketId,
  UserId,
  validate,
  Verdict,
  type Audience,
  type AudienceReceipt,
  type AudienceTicket,
  type EmergencyReview,
  type ReviewRule,
  type SignedApproval,
} from '@emr-share/model';
import type { OpenedRecord } from '../audiences/read-by-ticket.js';
import type { TicketDesk, TicketRef } from '../audiences/ticket-desk.js';
import type { OpenByTicketOptions, Tickets } from '../audiences/tickets.js';
import type { ClientContext } from '../client-context.js';
import { overPages } from '../pages.js';
import type { CallOptions, LedgerEvent } from '../ports/ledger.js';
import { whileBehind } from '../retry.js';
import { submitSettled } from '../settle.js';
import { approveTicket, signedApproval, type ApprovalRequest } from './approval.js';
import {
  declareEmergency,
  prepareEmergency,
  type DeclareOptions,
  type PreparedEmergency,
  type PrepareOptions,
} from './declare.js';
import { readReason } from './reason.js';
import { currentRule, optOut, ruleTermsOf, setRule, type EmergencyRuleOptions } from './rule.js';
import { emergenciesAmong, type WatchOptions } from './watch.js';

export type SetRuleOptions = CallOptions & EmergencyRuleOptions;

export interface ListTicketsOptions extends CallOptions {
  readonly patient?: UserId | undefined;
  /** The physician who declared. */
  readonly reader?: UserId | undefined;
  /** Only those that no privacy officer has reviewed yet. Default all. */
  readonly unreviewed?: boolean | undefined;
}

/**
 * Acts on a ticket that the caller has heard of. Where a hospital has just been lost, the peers of
 * another one may be seconds behind: until then they know of no such ticket.
 */
const onceSeen = <T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> =>
  whileBehind(['TICKET_NOT_FOUND'], signal, act);

/** Emergencies: the patient's rule, the physician's ticket, the others' approval and review. */
export class Emergency {
  readonly #context: ClientContext;
  readonly #desk: TicketDesk;
  readonly #tickets: Tickets;

  constructor(context: ClientContext, desk: TicketDesk, tickets: Tickets) {
    this.#context = context;
    this.#desk = desk;
    this.#tickets = tickets;
  }

  /**
   * (Patient.) Decides what an emergency physician may open and with whose approval. Replaces the
   * former rule: the new one is made first, then the old one ended and its shares purged, so that there
   * is no moment without one. Setting the rule in force again changes nothing.
   *
   * @throws EmrError `AUDIENCE_REFUSED`, `SCOPE_NOT_FOUND`, `INPUT_INVALID`; what a custodian failed
   *   with: call again.
   */
  async setRule(options: SetRuleOptions = {}): Promise<Audience> {
    return setRule(this.#context, ruleTermsOf(options), this.#context.signalOf(options));
  }

  /** (Patient.) The rule in force, or `null` after opting out. */
  async rule(options?: CallOptions): Promise<Audience | null> {
    return currentRule(this.#context, this.#context.signalOf(options));
  }

  /**
   * (Patient.) Opts out: every rule ends, and the custodians purge all shares. Nothing opens a record
   * in an emergency then, whoever decides what. Calling again finishes what is missing.
   *
   * @returns the receipt of each rule that there was.
   */
  async optOut(options?: CallOptions): Promise<readonly AudienceReceipt[]> {
    return optOut(this.#context, this.#context.signalOf(options));
  }

  /**
   * (Physician.) What approvers are asked to sign before the emergency is declared, so that the
   * declaration opens the ticket at once; declare with all that this returns. Nothing goes on the
   * ledger.
   *
   * @throws EmrError `AUDIENCE_OPTED_OUT`.
   */
  async prepare(options: PrepareOptions): Promise<PreparedEmergency> {
    return prepareEmergency(this.#context, this.#desk, options, this.#context.signalOf(options));
  }

  /**
   * (Physician.) Declares an emergency: one transaction, which the patient's devices and all privacy
   * officers see at once. With enough approvals the ticket is open; else it waits for them.
   *
   * @throws EmrError `AUDIENCE_OPTED_OUT` where the patient has no rule that lets the caller in;
   *   `REVIEW_OVERDUE`; `APPROVAL_REFUSED`; `READER_REFUSED`; `TICKET_EXISTS`.
   */
  async declare(options: DeclareOptions): Promise<AudienceTicket> {
    const signal = this.#context.signalOf(options);
    return declareEmergency(this.#context, this.#desk, options, signal);
  }

  /** (Physician.) Everything that the ticket opens: see {@link Tickets.open}. */
  open(
    ticket: TicketRef,
    options: OpenByTicketOptions = {},
  ): AsyncGenerator<OpenedRecord, void, void> {
    return this.#tickets.open(ticket, options);
  }

  /**
   * (Approver of another organization.) Approves a declared emergency.
   *
   * @returns the ticket, open where that was the last approval it needed.
   * @throws EmrError `APPROVAL_REFUSED`, `TICKET_NOT_FOUND`, `TICKET_EXPIRED`, `TICKET_ENDED`.
   */
  async approve(ticketId: TicketId, options?: CallOptions): Promise<AudienceTicket> {
    const signal = this.#context.signalOf(options);
    return onceSeen(signal, async () =>
      approveTicket(this.#context, await this.#desk.ticket(ticketId, signal), signal),
    );
  }

  /**
   * (Approver of another organization.) Approves what is not declared yet: the signed statement goes to
   * the physician, who declares with it.
   *
   * @throws EmrError `INPUT_INVALID`.
   */
  signApproval(request: ApprovalRequest): SignedApproval {
    return signedApproval(this.#context, request);
  }

  /**
   * (Patient, physician or privacy officer.) Ends a ticket early: it opens nothing from then on.
   *
   * @throws EmrError `TICKET_NOT_FOUND`, `TICKET_MISMATCH`, `ROLE_DENIED`.
   */
  async end(ticketId: TicketId, options?: CallOptions): Promise<AudienceTicket> {
    const signal = this.#context.signalOf(options);
    const request = { ticketId: validate(TicketId, ticketId, 'the ticket ID') };
    const { response } = await onceSeen(signal, () =>
      submitSettled(this.#context.ledger, 'emergency:End', request, {
        signal,
        recall: () => this.#desk.ticket(ticketId, signal),
        missing: 'TICKET_NOT_FOUND',
        isOurs: ({ ended }) => ended !== undefined,
      }),
    );
    return response;
  }

  /**
   * (Privacy officer of another organization.) Clears or contests an emergency. Until somebody has, it
   * keeps its physician, after the consortium's time of grace, from declaring another one.
   *
   * @throws EmrError `REVIEW_REFUSED`, `TICKET_NOT_FOUND`, `ROLE_DENIED`.
   */
  async review(
    ticketId: TicketId,
    verdict: EmergencyReview['verdict'],
    options?: CallOptions,
  ): Promise<AudienceTicket> {
    const { ledger, userId } = this.#context;
    const signal = this.#context.signalOf(options);
    const request = {
      ticketId: validate(TicketId, ticketId, 'the ticket ID'),
      verdict: validate(Verdict, verdict, 'the verdict'),
    };
    const { response } = await onceSeen(signal, () =>
      submitSettled(ledger, 'emergency:Review', request, {
        signal,
        recall: () => this.#desk.ticket(ticketId, signal),
        missing: 'TICKET_NOT_FOUND',
        isOurs: ({ review }) => review?.reviewer === userId && review.verdict === verdict,
      }),
    );
    return response;
  }

  /** Declared emergencies: all for privacy officers and auditors, for others their own. */
  async *tickets(options: ListTicketsOptions = {}): AsyncGenerator<AudienceTicket, void, void> {
    const { ledger } = this.#context;
    const signal = this.#context.signalOf(options);
    const userId = (value: UserId | undefined, what: string): UserId | undefined =>
      value === undefined ? undefined : validate(UserId, value, what);
    const wanted = {
      patient: userId(options.patient, 'the patient'),
      reader: userId(options.reader, 'the reader'),
      unreviewed: options.unreviewed,
    };
    yield* overPages(async (bookmark) => {
      const request = { ...wanted, bookmark };
      const page = await ledger.evaluate('emergency:ListTickets', request, { signal });
      return { items: page.tickets, bookmark: page.bookmark };
    });
  }

  /**
   * (Patient or privacy officer.) The words of a reason: the patient's own key opens them, or the
   * officer's organization.
   *
   * @returns `null` where the physician gave none.
   */
  async readReason(ticketId: TicketId, options?: CallOptions): Promise<string | null> {
    const signal = this.#context.signalOf(options);
    return readReason(this.#context, await this.#desk.ticket(ticketId, signal), signal);
  }

  /** How long an emergency may stay unreviewed before its physician can declare no other one. */
  async reviewRule(options?: CallOptions): Promise<ReviewRule> {
    const signal = this.#context.signalOf(options);
    return this.#context.ledger.evaluate('emergency:GetReviewRule', {}, { signal });
  }

  /**
   * Emergencies as they are declared, approved, ended and reviewed, each once and in order, until the
   * signal aborts; with `after`, those since that checkpoint first.
   */
  watch(options: WatchOptions = {}): AsyncIterable<LedgerEvent> {
    const signal = this.#context.signalOf(options);
    const events = this.#context.ledger.events({ after: options.after, signal });
    return emergenciesAmong(events, options.patient);
  }
}
