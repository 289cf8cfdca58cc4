/**
 * What one FHIR record adds to an emergency summary.
 *
 * @module
 */
import { EmrError, type PolicyBody, type TransactionRecord } from '@emr-share/model';
import { FHIR_TYPE } from './current-summaries.js';
import { readFacts, type Facts } from './facts.js';

/** Larger contents are not looked at: JSON is parsed in memory, which takes several times the size. */
export const MAX_SOURCE_BYTES = 16 * 1024 * 1024;

/**
 * Whether a record's facts may stand in the summary: a sealed record is for those it is granted to by
 * name, and what the patient has closed to grants must not be granted under another category.
 */
export function mayBeSummarized(
  { info }: Pick<TransactionRecord, 'info'>,
  { closedCategories }: Pick<PolicyBody, 'closedCategories'>,
): boolean {
  return info.securityLevel !== 'sealed' && !closedCategories.includes(info.category);
}

/** Whether it is FHIR. */
export function isFhir({ info }: Pick<TransactionRecord, 'info'>): boolean {
  return info.contentType === FHIR_TYPE;
}

/** Parses what is to be FHIR. Throws `INPUT_INVALID` where it is no JSON. */
export function parseContent(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's message quotes the content.
    throw new EmrError('INPUT_INVALID', { what: 'the content', problem: 'it is no JSON in UTF-8' });
  }
}

/**
 * The facts of one record's content.
 *
 * @param content - `null` where it is too large to be looked at.
 * @throws EmrError `INPUT_INVALID` where it is no FHIR.
 */
export function recordFacts(content: Uint8Array | null): Facts {
  if (content === null) {
    const problem = `it is larger than ${String(MAX_SOURCE_BYTES / 1024 / 1024)} MiB`;
    throw new EmrError('INPUT_INVALID', { what: 'the content', problem });
  }
  return readFacts([parseContent(content)]);
}

/** The warning that a summary is short of what a record says. */
export function incomplete(
  { recordId }: Pick<TransactionRecord, 'recordId'>,
  cause: EmrError,
): EmrError {
  return new EmrError('SUMMARY_INCOMPLETE', { recordId, problem: cause.message }, { cause });
}

/** Names resources that a record has and a summary could not read; `null` where there are none. */
export function skippedFrom(
  { recordId }: Pick<TransactionRecord, 'recordId'>,
  { skipped }: Facts,
): EmrError | null {
  if (skipped.length === 0) return null;
  const problem = skipped
    .map((one) => `${one.resourceType} in entry ${String(one.entry)}: ${one.problem}`)
    .join('; ');
  return new EmrError('SUMMARY_INCOMPLETE', { recordId, problem });
}
