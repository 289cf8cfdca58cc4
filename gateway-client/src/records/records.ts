/**
 * Namespace `records`: upload, fetch, list.
 *
 * @module
 */
import {
  Category,
  EmrError,
  UserId,
  validate,
  type RecordId,
  type TransactionRecord,
} from '@emr-share/model';
import type { Access } from '../access/access.js';
import type { ClientContext } from '../client-context.js';
import { overPages } from '../pages.js';
import type { CallOptions } from '../ports/ledger.js';
import { fetchRecord, type FetchedRecord, type FetchOptions } from './fetch.js';
import type { RecordSource } from './source.js';
import { uploadWithSummary, type Uploaded } from '../summary/upload-with-summary.js';
import type { UploadOptions } from './upload-plan.js';
import { assertAuthentic, verifiedRecord } from './verified-record.js';

export interface ListRecordsOptions extends CallOptions {
  /** Default the caller. */
  readonly patient?: UserId | undefined;
  readonly category?: Category | undefined;
}

/** A record, and what the store says of its ciphertext. */
export interface RecordHead {
  readonly record: TransactionRecord;
  /** Size of the ciphertext that the store has. */
  readonly storedBytes: number;
}

/** The records that the caller wrote, owns or may read. */
export class Records {
  readonly #context: ClientContext;
  readonly #access: Access;

  constructor(context: ClientContext, access: Access) {
    this.#context = context;
    this.#access = access;
  }

  /**
   * Encrypts a record for its patient, stores the ciphertext and files the record on the ledger.
   *
   * Plaintext and key never leave this machine; memory stays constant at any size. Once the call has
   * returned, the author cannot open the record any more than anyone else: only the patient can, and
   * those whom the patient grants. Repeating a call, after a crash too, completes it or finds it done.
   * What a FHIR record adds to the emergency summary is filed beside it; where that fails, the record is
   * filed all the same, and the warning listener gets `SUMMARY_INCOMPLETE`.
   *
   * @throws EmrError `UPLOAD_CONFLICT` where the record ID is taken by something else; `USER_NOT_FOUND`;
   *   `SCOPE_NOT_FOUND`
   *   and `POLICY_NOT_FOUND` for a patient who has not enrolled; `ROLE_DENIED`; `SOURCE_FAILED`;
   *   `COMMIT_UNKNOWN`: call again with the same arguments.
   */
  async upload(source: RecordSource, options: UploadOptions): Promise<Uploaded> {
    return uploadWithSummary(this.#context, source, options);
  }

  /**
   * Opens a record: the patient's own at once; a granted one after an access request that the ledger
   * keeps, with the cfrags of the first custodians that answer. The content is then read as a stream
   * and compared with what was filed, byte for byte.
   *
   * @throws EmrError the access codes of `access.request` and `access.open`; while the content is
   *   read, `CIPHERTEXT_TAMPERED`, `BLOB_UNAVAILABLE`, `BLOB_CORRUPT`.
   */
  async fetch(recordId: RecordId, options: FetchOptions = {}): Promise<FetchedRecord> {
    return fetchRecord(this.#context, this.#access, recordId, options);
  }

  /** A record's entry on the ledger, its author's signature checked. No content, no ticket. */
  async get(recordId: RecordId, options?: CallOptions): Promise<TransactionRecord> {
    return verifiedRecord(this.#context, recordId, this.#context.signalOf(options));
  }

  /**
   * {@link Records.get}, and whether the store has a ciphertext of the right size.
   *
   * @throws EmrError `BLOB_UNAVAILABLE`; `CIPHERTEXT_TAMPERED` for another size.
   */
  async head(recordId: RecordId, options?: CallOptions): Promise<RecordHead> {
    const signal = this.#context.signalOf(options);
    const record = await verifiedRecord(this.#context, recordId, signal);
    const { sizeBytes: storedBytes } = await this.#context.blobs.stat(record.info.cid, { signal });
    if (storedBytes !== record.metadata.sizeBytes) {
      throw new EmrError('CIPHERTEXT_TAMPERED', { recordId, problem: 'its size is another one' });
    }
    return { record, storedBytes };
  }

  /**
   * Records of one patient: all for the patient and for auditors, what is granted for a reader, the
   * own ones for an author. Signatures are checked one by one as the records come.
   */
  async *list(options: ListRecordsOptions = {}): AsyncGenerator<TransactionRecord, void, void> {
    const { ledger, userId } = this.#context;
    const signal = this.#context.signalOf(options);
    const request = {
      patient: validate(UserId, options.patient ?? userId, 'the patient'),
      category:
        options.category === undefined
          ? undefined
          : validate(Category, options.category, 'the category'),
    };
    const records = overPages(async (bookmark) => {
      const page = await ledger.evaluate(
        'records:ListRecords',
        { ...request, bookmark },
        { signal },
      );
      return { items: page.records, bookmark: page.bookmark };
    });
    for await (const record of records) {
      await assertAuthentic(this.#context, record, signal);
      yield record;
    }
  }
}
