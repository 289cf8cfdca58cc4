/**
 * The one patient whom a description fits: in an emergency nobody may be mistaken for another.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import type { PatientIndex, PatientIndexOptions } from '../ports/patient-index.js';
import type { IndexedPatient, PatientQuery } from './indexed-patient.js';

/** The kinds of facts in a query; what they say stays out of errors. */
function whatWasGiven({ identifier, name, sex }: PatientQuery): string {
  const given = [
    ...(identifier === undefined ? [] : ['number']),
    ...(name === undefined ? [] : ['name and birth date']),
    ...(sex === undefined ? [] : ['sex']),
  ];
  return given.join(', ');
}

/** What would narrow a query that several patients fit. */
function whatToAdd({ identifier, name, birthDate, sex }: PatientQuery): string {
  const missing = [
    ...(identifier === undefined ? ["the hospital's number of the patient"] : []),
    ...(identifier !== undefined && identifier.system === undefined
      ? ['the system of the number']
      : []),
    ...(name === undefined || birthDate === undefined ? ['name and birth date'] : []),
    ...(sex === undefined ? ['the sex'] : []),
  ];
  return missing.length === 0 ? 'more of the name' : missing.join(', or ');
}

/**
 * Looks one patient up.
 *
 * @throws EmrError `PATIENT_NOT_INDEXED`; `PATIENT_AMBIGUOUS` with how many fit, and what to add;
 *   `INPUT_INVALID`.
 */
export async function findOnePatient(
  index: PatientIndex,
  query: PatientQuery,
  options?: PatientIndexOptions,
): Promise<IndexedPatient> {
  const [found, ...others] = await index.find(query, options);
  if (found === undefined)
    throw new EmrError('PATIENT_NOT_INDEXED', { given: whatWasGiven(query) });
  if (others.length === 0) return found;
  const details = { count: others.length + 1, add: whatToAdd(query) };
  throw new EmrError('PATIENT_AMBIGUOUS', details);
}
