/**
 * Entries of the patient index as people read them.
 *
 * @module
 */
import type { IndexedPatient } from '@emr-share/gateway-client';
import { pairs } from '../output/table.js';

/** One fact on a line. */
export function describePatient(entry: IndexedPatient): string {
  const { patient, names, birthDate, sex, identifiers } = entry;
  const numbers = identifiers.map(({ system, value }) =>
    system === undefined ? value : `${value} (${system})`,
  );
  return pairs({
    patient,
    name: names.join('; ') || '-',
    born: birthDate ?? '-',
    sex: sex ?? '-',
    numbers: numbers.join(', ') || '-',
  });
}
