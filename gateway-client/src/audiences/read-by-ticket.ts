/**
 * Reading what a ticket opens: which records, their keys, their content.
 *
 * @module
 */
import {
  EmrError,
  type AudienceTicket,
  type Category,
  type TransactionRecord,
} from '@emr-share/model';
import { contentOf, type RecordContent } from '../access/record-content.js';
import type { RecordKey } from '../access/record-key.js';
import { inBatches } from '../batches.js';
import { readBytes, watchStream } from '../byte-stream.js';
import type { ClientContext } from '../client-context.js';
import type { ProgressListener } from '../progress.js';
import { openRecords, type Admission } from './open-records.js';
import type { TicketDesk } from './ticket-desk.js';

/** A record that a ticket has opened. */
export interface OpenedRecord extends RecordContent {
  readonly ticket: AudienceTicket;
}

/** What a reader wants of a ticket. */
export interface ReadOptions {
  readonly category?: Category | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ProgressListener | undefined;
}

/** Ciphertexts up to this size are read while the custodians answer: at most 8 MiB of a batch. */
const READ_AHEAD_BYTES = 256 * 1024;

/** A listing is filtered after paging: a long page saves round trips. */
const PAGE_SIZE = 200;

/** The records that a ticket opens, as many at a time as one question may name; not checked yet. */
export async function* recordBatches(
  { ledger }: ClientContext,
  { ticket }: Admission,
  { category, signal }: ReadOptions,
): AsyncGenerator<readonly TransactionRecord[], void, void> {
  const request = { ticketId: ticket.ticketId, category, pageSize: PAGE_SIZE };
  let bookmark: string | undefined;
  do {
    const page = await ledger.evaluate(
      'audience:ListRecords',
      { ...request, bookmark },
      { signal },
    );
    yield* inBatches(page.records);
    bookmark = page.bookmark;
  } while (bookmark !== undefined && bookmark !== '');
}

/** Opens records with one question to the custodians, and reads their small ciphertexts meanwhile. */
export async function readByTicket(
  context: ClientContext,
  desk: TicketDesk,
  admission: Admission,
  records: readonly TransactionRecord[],
  { signal, onProgress }: ReadOptions,
): Promise<readonly OpenedRecord[]> {
  const ciphertexts = records.map((record) => readAhead(context, record, signal));
  const covering = await desk.covering(admission, records, signal);
  const keys = await openAsShared(context, desk, covering, records, signal);
  return keys.map((key, i) => {
    const ciphertext = ciphertexts[i] ?? sourceOf(context, key, signal);
    return { ...contentOf(key, { ciphertext, signal, onProgress }), ticket: admission.ticket };
  });
}

/** {@link openRecords}, once more with the grant as it is now where its shares have been handed on. */
async function openAsShared(
  context: ClientContext,
  desk: TicketDesk,
  admission: Admission,
  records: readonly TransactionRecord[],
  signal: AbortSignal,
): Promise<readonly RecordKey[]> {
  try {
    return await openRecords(context, admission, records, signal);
  } catch (error) {
    if (!EmrError.is(error, 'SHARING_REPLACED')) throw error;
    const { ticket } = admission;
    const audience = await desk.audienceAnew(ticket.audienceId, signal);
    return openRecords(context, { ticket, audience }, records, signal);
  }
}

type Source = () => AsyncIterable<Uint8Array>;

const sourceOf =
  ({ blobs }: ClientContext, { record }: Pick<RecordKey, 'record'>, signal: AbortSignal): Source =>
  () =>
    blobs.get(record.info.cid, { signal });

/** Starts reading a small ciphertext; where that fails, the content is read when it is asked for. */
function readAhead(
  context: ClientContext,
  record: TransactionRecord,
  signal: AbortSignal,
): Source | undefined {
  if (record.metadata.sizeBytes > READ_AHEAD_BYTES) return undefined;
  const source = sourceOf(context, { record }, signal);
  const ahead = readBytes(limited(source())).catch(() => null);
  return async function* ciphertext(): AsyncGenerator<Uint8Array, void, void> {
    const bytes = await ahead;
    if (bytes === null) yield* source();
    else yield bytes;
  };
}

/** A store that goes on for ever must not fill the memory. */
function limited(ciphertext: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let bytes = 0;
  return watchStream(ciphertext, {
    onPiece: (piece) => {
      bytes += piece.length;
      if (bytes > READ_AHEAD_BYTES) throw new RangeError('longer than what was filed');
    },
  });
}
