/**
 * Uploading, and keeping the emergency summary current with it.
 *
 * @module
 */
import { canonicalBytes, EmrError, type RecordId, type TransactionRecord } from '@emr-share/model';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { openableSource, type RecordSource } from '../records/source.js';
import { uploadRecord, type Filed } from '../records/upload.js';
import type { UploadOptions } from '../records/upload-plan.js';
import { FHIR_TYPE, UPDATE_TYPE } from './current-summaries.js';
import { hasFacts } from './facts.js';
import { keepContent } from './kept-source.js';
import { summaryOf } from './patient-summary.js';
import {
  incomplete,
  MAX_SOURCE_BYTES,
  mayBeSummarized,
  recordFacts,
  skippedFrom,
} from './record-facts.js';

/** A record that was uploaded, and the update of the emergency summary beside it. */
export interface Uploaded extends Filed {
  /** `null` where the record says nothing that belongs into the summary. */
  readonly summary: TransactionRecord | null;
}

/** See `Records.upload`. */
export async function uploadWithSummary(
  context: ClientContext,
  source: RecordSource,
  options: UploadOptions,
): Promise<Uploaded> {
  const opened = openableSource(source);
  if (!isWanted(options)) {
    return { ...(await uploadRecord(context, opened, options)), summary: null };
  }
  const kept = keepContent(opened, MAX_SOURCE_BYTES);
  const filed = await uploadRecord(context, kept, options);
  const signal = context.signalOf(options);
  return { ...filed, summary: await updateSoftly(context, filed.record, kept.kept(), signal) };
}

function isWanted({ contentType, category, securityLevel, summary }: UploadOptions): boolean {
  return (
    summary !== false &&
    contentType === FHIR_TYPE &&
    category !== 'emergency-summary' &&
    securityLevel !== 'sealed'
  );
}

/** The record is filed: what fails here is a warning, unless it is the caller who ends the call. */
async function updateSoftly(
  context: ClientContext,
  record: TransactionRecord,
  content: Uint8Array | null,
  signal: AbortSignal,
): Promise<TransactionRecord | null> {
  try {
    return await fileUpdate(context, record, content, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!EmrError.is(error)) throw error;
    context.warn(incomplete(record, error));
    return null;
  }
}

async function fileUpdate(
  context: ClientContext,
  record: TransactionRecord,
  content: Uint8Array | null,
  signal: AbortSignal,
): Promise<TransactionRecord | null> {
  const { patient, timestamp } = record;
  const facts = recordFacts(content);
  const warning = skippedFrom(record, facts);
  if (warning !== null) context.warn(warning);
  if (!hasFacts(facts)) return null;
  if (!mayBeSummarized(record, await context.directory.policy(patient, signal))) return null;
  // Dated as the record is, so that the update of a repeated upload has the same bytes.
  const { bytes } = summaryOf(facts, new Date(timestamp));
  const filed = await uploadRecord(context, openableSource(bytes), {
    patient,
    category: 'emergency-summary',
    contentType: UPDATE_TYPE,
    recordId: updateIdOf(context, record.recordId),
    signal,
  });
  return filed.record;
}

/** The same for the same record: an upload that is repeated finds its update filed. */
function updateIdOf({ keyring }: ClientContext, recordId: RecordId): RecordId {
  const message = canonicalBytes({ summaryOf: recordId });
  return bytesToHex(keyring.uploadMac(message).subarray(0, 16));
}
