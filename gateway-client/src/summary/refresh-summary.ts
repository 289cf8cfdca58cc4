/**
 * The patient's whole summary, made of all that the patient's FHIR records say.
 *
 * @module
 */
import { EmrError, type PolicyBody, type TransactionRecord } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { allItems } from '../pages.js';
import type { Records } from '../records/records.js';
import { openableSource } from '../records/source.js';
import { uploadRecord } from '../records/upload.js';
import { byTime, FHIR_TYPE, isWhole } from './current-summaries.js';
import { readFacts } from './facts.js';
import { madeAtOf } from './fhir.js';
import { mergeSummaries } from './merge-summaries.js';
import { summaryOf, type PatientSummary } from './patient-summary.js';
import {
  incomplete,
  isFhir,
  MAX_SOURCE_BYTES,
  mayBeSummarized,
  parseContent,
  recordFacts,
  skippedFrom,
} from './record-facts.js';

/** A patient's own whole summary. */
export interface RefreshedSummary {
  readonly record: TransactionRecord;
  readonly summary: PatientSummary;
  /** Whether the last one said the same and nothing was filed since; it is the record then. */
  readonly isUnchanged: boolean;
}

/** See `Summaries.refresh`. */
export async function refreshSummary(
  context: ClientContext,
  records: Records,
  signal: AbortSignal,
): Promise<RefreshedSummary> {
  const { userId: patient, clock, directory } = context;
  const madeAt = new Date(clock.now());
  const policy = await directory.policy(patient, signal);
  const all = await allItems(records.list({ signal }));
  const open = async (record: TransactionRecord): Promise<Uint8Array> =>
    (await records.fetch(record.recordId, { signal })).bytes();

  const parts = await partsOf(context, sourcesAmong(all, policy), open);
  const last = all
    .filter(({ info }) => info.category === 'emergency-summary')
    .sort(byTime)
    .at(-1);
  if (parts.length === 0 && last === undefined) {
    throw new EmrError('SUMMARY_NOT_FOUND', { patient });
  }
  if (last !== undefined && isWhole(last)) {
    const unchanged = unchangedFrom(parts, await open(last));
    if (unchanged !== null) return { record: last, summary: unchanged, isUnchanged: true };
  }
  const summary = wholeOf(parts, madeAt);
  const { record } = await uploadRecord(context, openableSource(summary.bytes), {
    patient,
    category: 'emergency-summary',
    contentType: FHIR_TYPE,
    signal,
  });
  return { record, summary, isUnchanged: false };
}

/** The oldest first. Summaries that others wrote count; the patient's own are made of the rest. */
function sourcesAmong(
  records: readonly TransactionRecord[],
  policy: PolicyBody,
): readonly TransactionRecord[] {
  return records
    .filter((record) => isFhir(record) && mayBeSummarized(record, policy))
    .filter((record) => record.info.category !== 'emergency-summary' || !isWhole(record))
    .sort(byTime);
}

/**
 * What each record adds, as a summary. One after the other: contents may be large, their facts are not.
 * A record that cannot be fetched ends the call: a summary that lacks it must not take the place of one
 * that has it.
 */
async function partsOf(
  { warn }: ClientContext,
  sources: readonly TransactionRecord[],
  open: (record: TransactionRecord) => Promise<Uint8Array>,
): Promise<readonly unknown[]> {
  const parts: unknown[] = [];
  for (const record of sources) {
    const content = record.info.sizeBytes > MAX_SOURCE_BYTES ? null : await open(record);
    try {
      const facts = recordFacts(content);
      const warning = skippedFrom(record, facts);
      if (warning !== null) warn(warning);
      parts.push(parseContent(summaryOf(facts, new Date(record.timestamp)).bytes));
    } catch (error) {
      if (!EmrError.is(error, 'INPUT_INVALID')) throw error;
      warn(incomplete(record, error));
    }
  }
  return parts;
}

function wholeOf(parts: readonly unknown[], madeAt: Date): PatientSummary {
  return parts.length === 0 ? summaryOf(readFacts([]), madeAt) : mergeSummaries(parts, { madeAt });
}

/** The summary as of the date of the last one, where that has the very same bytes. */
function unchangedFrom(parts: readonly unknown[], last: Uint8Array): PatientSummary | null {
  let madeAt: Date;
  try {
    madeAt = new Date(madeAtOf(parseContent(last)));
  } catch (error) {
    if (!EmrError.is(error, 'INPUT_INVALID')) throw error;
    return null;
  }
  const summary = wholeOf(parts, madeAt);
  const isSame =
    summary.bytes.length === last.length && summary.bytes.every((byte, i) => byte === last[i]);
  return isSame ? summary : null;
}
