/**
 * Fetching: the ticket and the key, then the content as a verified stream.
 *
 * @module
 */
import {
  EmrError,
  type AccessTicket,
  type GrantId,
  type PurposeOfUse,
  type RecordId,
  type TransactionRecord,
} from '@emr-share/model';
import type { Access } from '../access/access.js';
import { contentOf, type RecordContent } from '../access/record-content.js';
import type { ClientContext } from '../client-context.js';
import type { CallOptions } from '../ports/ledger.js';
import type { ProgressListener } from '../progress.js';
import { verifiedRecord } from './verified-record.js';

export interface FetchOptions extends CallOptions {
  /** Why: needed for everyone but the patient. */
  readonly purpose?: PurposeOfUse | undefined;
  /** Default: the grant that the ledger finds. */
  readonly grantId?: GrantId | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** A record that its reader may open. */
export interface FetchedRecord extends RecordContent {
  /** The reader's ticket; `null` for the patient, who needs none. */
  readonly ticket: AccessTicket | null;
}

/** See `Records.fetch`. */
export async function fetchRecord(
  context: ClientContext,
  access: Access,
  recordId: RecordId,
  options: FetchOptions,
): Promise<FetchedRecord> {
  const signal = context.signalOf(options);
  const record = await verifiedRecord(context, recordId, signal);
  const isOwn = record.patient === context.userId;
  const ticket = isOwn ? null : await requestTicket(access, record, options);
  const key =
    ticket === null ? access.openOwn(record) : await access.open(ticket, { record, signal });
  // The store is asked only when the content is: a caller may want no more than the ticket.
  const ciphertext = (): AsyncIterable<Uint8Array> =>
    context.blobs.get(record.info.cid, { signal });
  const { onProgress } = options;
  return { ...contentOf(key, { ciphertext, signal, onProgress }), ticket };
}

async function requestTicket(
  access: Access,
  { recordId }: TransactionRecord,
  { purpose, grantId, signal }: FetchOptions,
): Promise<AccessTicket> {
  if (purpose === undefined) {
    const problem = 'everyone but the patient must say why: give one, such as TREAT';
    throw new EmrError('INPUT_INVALID', { what: 'the purpose of use', problem });
  }
  return access.request(recordId, { purpose, grantId, signal });
}
