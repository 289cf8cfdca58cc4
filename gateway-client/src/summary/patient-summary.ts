/**
 * The emergency summary of a patient, from the patient's own FHIR records: an International Patient
 * Summary, kilobytes instead of megabytes.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { readFacts, type Facts, type SkippedResource } from './facts.js';
import type { Patient } from './fhir.js';
import { summaryDocument } from './summary-document.js';

/** One fact, as one line tells it. */
export interface SummaryLine {
  readonly text: string;
  /** When it was written down, ISO 8601; empty where the records do not say. */
  readonly recorded: string;
  /** Whether it is to be read before the others: an allergy of high criticality. */
  readonly urgent: boolean;
}

export interface SummarySection {
  readonly title: string;
  /** What holds at present; the urgent first, then the latest. */
  readonly lines: readonly SummaryLine[];
}

export interface PatientSummary {
  /** A FHIR R4 Bundle of type `document`, JSON, UTF-8. The same input gives the same bytes. */
  readonly bytes: Uint8Array;
  readonly madeAt: Date;
  /** Who it is, as far as the records say: name, gender, date of birth. */
  readonly person: string;
  /** All of them, in the order in which somebody in a hurry reads them. */
  readonly sections: readonly SummarySection[];
  /** Entries in each section, by its title. */
  readonly counts: Readonly<Record<string, number>>;
  /** Whoever makes a summary must look at these: what is missing here is missing in an emergency. */
  readonly skipped: readonly SkippedResource[];
}

/**
 * Makes the summary: allergies, medication, problems, implants, blood group, advance directives that
 * hold at present, and who the patient is. Of entries of the same fact the latest counts, so an allergy
 * that was refuted later is left out. A section without entries says that nothing is known, not that
 * there is nothing.
 *
 * (Patient or author side, over plaintext; nothing leaves the device.)
 *
 * @param records - Contents of FHIR R4 records, parsed JSON: Bundles, or single resources. Later ones
 * win where entries have the same date.
 * @param options - `madeAt`: the summary's date.
 * @throws EmrError `INPUT_INVALID` where a record is no FHIR resource, or none is about a patient.
 */
export function makePatientSummary(
  records: readonly unknown[],
  { madeAt }: { readonly madeAt: Date },
): PatientSummary {
  const facts = readFacts(records);
  if (facts.patient === null) {
    const unsound = facts.skipped.find(({ resourceType }) => resourceType === 'Patient');
    const problem = unsound?.problem ?? 'none has a Patient';
    throw new EmrError('INPUT_INVALID', { what: 'the patient of the records', problem });
  }
  return summaryOf(facts, madeAt);
}

/** Facts that were read, as a summary; also where no record names the patient. */
export function summaryOf(facts: Facts, madeAt: Date): PatientSummary {
  const sections = facts.sections.map(({ kind: { title }, current }) => ({
    title,
    lines: current.map(({ line: text, recorded, urgent }) => ({ text, recorded, urgent })),
  }));
  return {
    bytes: summaryDocument(facts, madeAt),
    madeAt,
    person: personOf(facts.patient),
    sections,
    counts: Object.fromEntries(sections.map(({ title, lines }) => [title, lines.length])),
    skipped: facts.skipped,
  };
}

function personOf(patient: Patient | null): string {
  const { name = [], gender = '', birthDate } = patient ?? {};
  const born = birthDate === undefined ? '' : `born ${birthDate}`;
  return joined([nameOf(name[0]), gender, born], ', ');
}

function nameOf({ given = [], family = '' }: NonNullable<Patient['name']>[number] = {}): string {
  return joined([...given, family], ' ');
}

const joined = (parts: readonly string[], separator: string): string =>
  parts.filter((part) => part !== '').join(separator);
