/**
 * Records as the ledger has them, with their author's signature checked.
 *
 * @module
 */
import {
  EmrError,
  recordBodyOf,
  RecordId,
  validate,
  type TransactionRecord,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';

/** Throws `SIGNATURE_INVALID` unless the author named in the record signed it as it is. */
export async function assertAuthentic(
  { directory }: ClientContext,
  record: TransactionRecord,
  signal: AbortSignal,
): Promise<void> {
  const signed = { body: recordBodyOf(record), signature: record.signature };
  const when = { around: record.timestamp };
  await directory.signer(record.author, { tag: 'record', signed, when, what: 'record' }, signal);
}

/**
 * Reads one record.
 *
 * @throws EmrError `RECORD_NOT_FOUND`, `ACCESS_DENIED`, `SIGNATURE_INVALID`.
 */
export async function verifiedRecord(
  context: ClientContext,
  recordId: RecordId,
  signal: AbortSignal,
): Promise<TransactionRecord> {
  const request = { recordId: validate(RecordId, recordId, 'the record ID') };
  const record = await context.ledger.evaluate('records:GetRecord', request, { signal });
  if (record.recordId !== recordId) throw new EmrError('SIGNATURE_INVALID', { what: 'record' });
  await assertAuthentic(context, record, signal);
  return record;
}
