/**
 * Namespace `access`: the two steps of reading a record that someone else granted.
 *
 * @module
 */
import {
  EmrError,
  GrantId,
  PurposeOfUse,
  RecordId,
  TicketId,
  validate,
  type AccessTicket,
  type TransactionRecord,
} from '@emr-share/model';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { openingDek } from '../crypto-failure.js';
import { openWrap } from '../key-wrap.js';
import type { CallOptions } from '../ports/ledger.js';
import { verifiedRecord } from '../records/verified-record.js';
import { submitSettled } from '../settle.js';
import { openTicket } from './open-ticket.js';
import { RecordKey } from './record-key.js';

export interface RequestOptions extends CallOptions {
  /** Why: on the ledger for the patient to see. */
  readonly purpose: PurposeOfUse;
  /** Default: the grant that the ledger finds for this record and purpose. */
  readonly grantId?: GrantId | undefined;
  /** 32 hex digits; give the same one to repeat a request. Default random. */
  readonly ticketId?: TicketId | undefined;
}

export interface OpenOptions extends CallOptions {
  /** The ticket's record where the caller has it verified; else it is read. */
  readonly record?: TransactionRecord | undefined;
}

/** Tickets and record keys. `records.fetch` does both steps and the content. */
export class Access {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /**
   * Step one, a transaction: asks for access, and so puts on the ledger who asks, for what and why.
   *
   * @returns a ticket, good for the minutes that the patient's policy allows.
   * @throws EmrError `ACCESS_DENIED`, `SCOPE_NOT_GRANTED`, `PURPOSE_DENIED`, `ATTRIBUTE_DENIED`,
   *   `GRANT_REVOKED`, `GRANT_EXPIRED`, `GRANT_NOT_YET_VALID`.
   */
  async request(recordId: RecordId, options: RequestOptions): Promise<AccessTicket> {
    const { ledger, rng, userId } = this.#context;
    const signal = this.#context.signalOf(options);
    const asked = {
      recordId: validate(RecordId, recordId, 'the record ID'),
      purpose: validate(PurposeOfUse, options.purpose, 'the purpose of use'),
    };
    const ticketId = validate(TicketId, options.ticketId ?? bytesToHex(rng(16)), 'the ticket ID');
    const grantId = await this.#grantFor(asked, options.grantId, signal);
    const request = { ticketId, grantId, ...asked };
    const { response: ticket } = await submitSettled(ledger, 'access:RequestAccess', request, {
      signal,
      recall: () => ledger.evaluate('access:GetTicket', { ticketId }, { signal }),
      missing: 'TICKET_NOT_FOUND',
    });
    if (ticket.reader !== userId || ticket.recordId !== recordId || ticket.grantId !== grantId) {
      throw new EmrError('TICKET_MISMATCH', { ticketId });
    }
    return ticket;
  }

  /**
   * Step two, queries: has the custodians re-encrypt for the ticket, all at once, and opens the
   * record's key with the first `threshold` answers that prove themselves.
   *
   * @throws EmrError `CFRAGS_INSUFFICIENT`, `TICKET_EXPIRED`, `GRANT_REVOKED`, `DEK_UNREADABLE`,
   *   `SIGNATURE_INVALID`.
   */
  async open(ticket: AccessTicket, options: OpenOptions = {}): Promise<RecordKey> {
    const signal = this.#context.signalOf(options);
    const record = options.record ?? (await verifiedRecord(this.#context, ticket.recordId, signal));
    if (record.recordId !== ticket.recordId || record.patient !== ticket.patient) {
      throw new EmrError('TICKET_MISMATCH', { ticketId: ticket.ticketId });
    }
    return openTicket(this.#context, record, ticket, signal);
  }

  /**
   * The key of one of the patient's own records, with the patient's own scope key: no ticket, no
   * custodian, nothing on the ledger.
   *
   * @throws EmrError `ACCESS_DENIED` for another patient's record; `DEK_UNREADABLE`.
   */
  openOwn(record: TransactionRecord): RecordKey {
    const { keyring, userId } = this.#context;
    const { recordId, metadata, patient } = record;
    if (patient !== userId) throw new EmrError('ACCESS_DENIED', { recordId });
    const { capsule, encryptedDek } = openWrap(metadata.keyWrap);
    const dek = openingDek(recordId, () =>
      keyring.openOwn(metadata.keyWrap.scopeId, capsule, encryptedDek),
    );
    return new RecordKey(record, dek);
  }

  async #grantFor(
    asked: { readonly recordId: RecordId; readonly purpose: PurposeOfUse },
    grantId: GrantId | undefined,
    signal: AbortSignal,
  ): Promise<GrantId> {
    if (grantId !== undefined) return validate(GrantId, grantId, 'the grant ID');
    const found = await this.#context.ledger.evaluate('access:FindGrant', asked, { signal });
    return found.grantId;
  }
}
