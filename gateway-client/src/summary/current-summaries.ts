/**
 * Which records of a patient make up the emergency summary at present.
 *
 * @module
 */
import type { TransactionRecord } from '@emr-share/model';

/** Content type of FHIR R4 in JSON. */
export const FHIR_TYPE = 'application/fhir+json';

/** Content type of what one record adds to a summary; the same FHIR document as a whole summary. */
export const UPDATE_TYPE = 'application/vnd.emr-share.summary-update+json';

/**
 * Clocks of two authors may differ by twenty minutes and both be accepted, and a summary is filed
 * some time after the records for it were read. Merging what it has already does no harm.
 */
const OVERLAP_MS = 3_600_000;

/**
 * The records to open for a summary, the oldest first: the latest whole one, which only the patient
 * can file, and what was filed since by anybody. `mergeSummaries` makes one summary of their contents.
 *
 * @param records - Records of one patient; those of other categories are left out.
 */
export function currentSummaries(
  records: readonly TransactionRecord[],
): readonly TransactionRecord[] {
  const summaries = records
    .filter(({ info }) => info.category === 'emergency-summary')
    .sort(byTime);
  const whole = summaries.findLast(isWhole);
  if (whole === undefined) return summaries;
  const since = whole.timestamp - OVERLAP_MS;
  return summaries.filter(
    (record) => record === whole || (record.timestamp >= since && !isWhole(record)),
  );
}

/** Whether the patient's word is that this is all. */
export function isWhole({ author, patient, info }: TransactionRecord): boolean {
  return author === patient && info.contentType === FHIR_TYPE;
}

/** By the authors' clocks; records of the same moment have an order too. */
export function byTime(a: TransactionRecord, b: TransactionRecord): number {
  return a.timestamp - b.timestamp || (a.recordId < b.recordId ? -1 : 1);
}
