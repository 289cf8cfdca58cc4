/**
 * One summary out of several: the patient's own and those that later records brought.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { readFacts, type SkippedResource } from './facts.js';
import { madeAtOf } from './fhir.js';
import { summaryOf, type PatientSummary } from './patient-summary.js';

interface Dated {
  /** Position in the input. */
  readonly record: number;
  readonly content: unknown;
  /** When the summary was made, in milliseconds; 0 where it does not say. */
  readonly madeAt: number;
}

/**
 * Merges summaries: of each fact the entry written down last stands, whichever summary has it, and one
 * that says the fact was refuted or has ended removes it. The order of the input does not matter:
 * summaries are taken in the order of their dates. The result can be merged again.
 *
 * A summary that cannot be read is left out and named in `skipped`: in an emergency the others are
 * needed all the more.
 *
 * @param bundles - Contents of emergency summaries, parsed JSON.
 * @param options - `madeAt`: the date of the result; default the latest among the summaries.
 * @throws EmrError `INPUT_INVALID` where none can be read.
 */
export function mergeSummaries(
  bundles: readonly unknown[],
  options: { readonly madeAt?: Date | undefined } = {},
): PatientSummary {
  const skipped: SkippedResource[] = [];
  const sound = bundles
    .map((content, record) => ({ record, content, madeAt: madeAtOf(content) }))
    .filter((summary) => isSound(summary, skipped))
    .sort((a, b) => a.madeAt - b.madeAt);
  if (sound.length === 0) {
    const problem = 'none of them can be read';
    throw new EmrError('INPUT_INVALID', { what: 'the emergency summaries', problem });
  }
  const facts = readFacts(sound.map(({ content }) => content));
  const placed = facts.skipped.map((one) => ({
    ...one,
    record: sound[one.record]?.record ?? one.record,
  }));
  const latest = Math.max(...sound.map(({ madeAt }) => madeAt));
  return summaryOf(
    { ...facts, skipped: [...skipped, ...placed] },
    options.madeAt ?? new Date(latest),
  );
}

function isSound({ record, content }: Dated, skipped: SkippedResource[]): boolean {
  try {
    readFacts([content]);
    return true;
  } catch (error) {
    if (!EmrError.is(error, 'INPUT_INVALID')) throw error;
    skipped.push({ record, entry: 0, resourceType: 'Bundle', problem: error.details.problem });
    return false;
  }
}
