/**
 * Namespace `tickets`: reading what a ticket of an audience grant opens.
 *
 * @module
 */
import {
  EmrError,
  RecordId,
  validate,
  type AudienceTicket,
  type Category,
  type TicketId,
  type TransactionRecord,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import type { CallOptions } from '../ports/ledger.js';
import type { ProgressListener } from '../progress.js';
import { assertAuthentic } from '../records/verified-record.js';
import type { Admission } from './open-records.js';
import { readByTicket, recordBatches, type OpenedRecord } from './read-by-ticket.js';
import type { TicketDesk, TicketRef } from './ticket-desk.js';

export interface TicketRecordsOptions extends CallOptions {
  readonly category?: Category | undefined;
}

export interface FetchByTicketOptions extends CallOptions {
  readonly onProgress?: ProgressListener | undefined;
}

export interface OpenByTicketOptions extends TicketRecordsOptions, FetchByTicketOptions {}

/**
 * What a ticket opens, for its reader. A ticket in hand, as it was returned, saves the round trip
 * that its ID costs.
 */
export class Tickets {
  readonly #context: ClientContext;
  readonly #desk: TicketDesk;

  constructor(context: ClientContext, desk: TicketDesk) {
    this.#context = context;
    this.#desk = desk;
  }

  /**
   * A ticket as the ledger has it, for its parties, privacy officers and auditors.
   *
   * @throws EmrError `TICKET_NOT_FOUND`, `TICKET_MISMATCH`.
   */
  async get(ticketId: TicketId, options?: CallOptions): Promise<AudienceTicket> {
    return this.#desk.ticket(ticketId, this.#context.signalOf(options));
  }

  /**
   * The records that an open ticket opens; each author's signature is checked as it comes. One peer's
   * answer: it can leave a record out.
   *
   * @throws EmrError `APPROVALS_MISSING`, `TICKET_EXPIRED`, `TICKET_ENDED`, `TICKET_MISMATCH`,
   *   `SIGNATURE_INVALID`.
   */
  async *records(
    ticket: TicketRef,
    options: TicketRecordsOptions = {},
  ): AsyncGenerator<TransactionRecord, void, void> {
    const signal = this.#context.signalOf(options);
    const admission = await this.#desk.admit(ticket, signal);
    const { category } = options;
    for await (const batch of recordBatches(this.#context, admission, { category, signal })) {
      for (const record of batch) {
        await assertAuthentic(this.#context, record, signal);
        yield record;
      }
    }
  }

  /**
   * Opens one record: every custodian is asked for its partial decryption, and the first `threshold`
   * that prove themselves open the key.
   *
   * @param record - As {@link Tickets.records} gave it, or its ID, which is looked for among them.
   * @throws EmrError `AUDIENCE_SCOPE_MISSING` for a record that the ticket does not open;
   *   `PARTIALS_INSUFFICIENT`; the custodians' common reason, such as `TICKET_ENDED`; while the content
   *   is read, `CIPHERTEXT_TAMPERED`, `BLOB_UNAVAILABLE`, `BLOB_CORRUPT`.
   */
  async fetch(
    ticket: TicketRef,
    record: RecordId | TransactionRecord,
    options: FetchByTicketOptions = {},
  ): Promise<OpenedRecord> {
    const reading = { onProgress: options.onProgress, signal: this.#context.signalOf(options) };
    const admission = await this.#desk.admit(ticket, reading.signal);
    const found =
      typeof record === 'string' ? await this.#find(admission, record, reading.signal) : record;
    const [opened] = await readByTicket(this.#context, this.#desk, admission, [found], reading);
    if (opened !== undefined) return opened;
    throw new EmrError('RECORD_NOT_FOUND', { recordId: found.recordId });
  }

  /**
   * Everything that a ticket opens, up to 32 records with one question to each custodian; small
   * ciphertexts are read while the custodians answer.
   *
   * @throws EmrError as {@link Tickets.records} and {@link Tickets.fetch}.
   */
  async *open(
    ticket: TicketRef,
    options: OpenByTicketOptions = {},
  ): AsyncGenerator<OpenedRecord, void, void> {
    const { category, onProgress } = options;
    const reading = { category, onProgress, signal: this.#context.signalOf(options) };
    const admission = await this.#desk.admit(ticket, reading.signal);
    for await (const batch of recordBatches(this.#context, admission, reading)) {
      yield* await readByTicket(this.#context, this.#desk, admission, batch, reading);
    }
  }

  async #find(
    admission: Admission,
    recordId: RecordId,
    signal: AbortSignal,
  ): Promise<TransactionRecord> {
    validate(RecordId, recordId, 'the record ID');
    for await (const batch of recordBatches(this.#context, admission, { signal })) {
      const found = batch.find((record) => record.recordId === recordId);
      if (found !== undefined) return found;
    }
    const { audienceId } = admission.ticket;
    throw new EmrError('AUDIENCE_SCOPE_MISSING', { audienceId, recordId });
  }
}
