/**
 * Reading a patient's summary: the whole one and what was filed since, as one.
 *
 * @module
 */
import {
  EmrError,
  type GrantId,
  type PurposeOfUse,
  type TransactionRecord,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import type { CallOptions } from '../ports/ledger.js';
import type { Records } from '../records/records.js';
import { mergeSummaries } from './merge-summaries.js';
import type { PatientSummary } from './patient-summary.js';
import { incomplete, MAX_SOURCE_BYTES, parseContent } from './record-facts.js';

export interface ReadSummaryOptions extends CallOptions {
  /** Why: needed for everyone but the patient. */
  readonly purpose?: PurposeOfUse | undefined;
  /** Default: the grant that the ledger finds. */
  readonly grantId?: GrantId | undefined;
}

/** A patient's summary as it stands. */
export interface CurrentSummary extends PatientSummary {
  /** The records that it is merged from, the oldest first. */
  readonly records: readonly TransactionRecord[];
  /** Records of it that could not be opened or read: what they say is missing. */
  readonly missing: readonly TransactionRecord[];
}

/** How many records are asked for at a time. */
const AT_ONCE = 8;

type Part =
  | { readonly record: TransactionRecord; readonly content: unknown }
  | { readonly record: TransactionRecord; readonly error: EmrError };

/**
 * Opens the records and merges them. One that fails is named as missing: the others are needed all the
 * more.
 *
 * @throws EmrError what the first of them failed with, where all do.
 */
export async function readSummary(
  context: ClientContext,
  records: Records,
  chosen: readonly TransactionRecord[],
  options: ReadSummaryOptions & { readonly signal: AbortSignal },
): Promise<CurrentSummary> {
  const parts: Part[] = [];
  for (let i = 0; i < chosen.length; i += AT_ONCE) {
    const some = chosen.slice(i, i + AT_ONCE);
    parts.push(...(await Promise.all(some.map((record) => partOf(records, record, options)))));
  }
  const failed = parts.flatMap((part) => ('error' in part ? [part] : []));
  const opened = parts.flatMap((part) => ('error' in part ? [] : [part]));
  if (opened.length === 0 && failed[0] !== undefined) throw failed[0].error;
  for (const { record, error } of failed) context.warn(incomplete(record, error));
  return {
    ...mergeSummaries(opened.map(({ content }) => content)),
    records: opened.map(({ record }) => record),
    missing: failed.map(({ record }) => record),
  };
}

async function partOf(
  records: Records,
  record: TransactionRecord,
  { purpose, grantId, signal }: ReadSummaryOptions & { readonly signal: AbortSignal },
): Promise<Part> {
  try {
    if (record.info.sizeBytes > MAX_SOURCE_BYTES) {
      const problem = 'it is too large for a summary';
      throw new EmrError('INPUT_INVALID', { what: 'the content', problem });
    }
    const fetched = await records.fetch(record.recordId, { purpose, grantId, signal });
    return { record, content: parseContent(await fetched.bytes()) };
  } catch (error) {
    signal.throwIfAborted();
    if (!EmrError.is(error)) throw error;
    return { record, error };
  }
}
