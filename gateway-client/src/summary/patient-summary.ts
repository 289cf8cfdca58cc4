/**
 * The emergency summary of a patient, from the patient's own FHIR records: an International Patient
 * Summary, kilobytes instead of megabytes.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import { Bundle, Content, Patient } from './fhir.js';
import { SECTIONS, type SectionItem, type SectionKind } from './sections.js';

const LOINC = 'http://loinc.org';
const IPS = 'http://hl7.org/fhir/uv/ips/StructureDefinition';
const EMPTY_REASON = 'http://terminology.hl7.org/CodeSystem/list-empty-reason';
const SUMMARY = { code: '60591-5', display: 'Patient summary Document' };

/** A resource that could not be read, and is not in the summary. */
export interface SkippedResource {
  /** Number of the record in the input, from 0, and of the resource in it. */
  readonly record: number;
  readonly entry: number;
  readonly resourceType: string;
  /** Which fields are wrong; never what they hold. */
  readonly problem: string;
}

export interface PatientSummary {
  /** A FHIR R4 Bundle of type `document`, JSON, UTF-8. The same input gives the same bytes. */
  readonly bytes: Uint8Array;
  /** Entries in each section, by its title. */
  readonly counts: Readonly<Record<string, number>>;
  /** Whoever makes a summary must look at these: what is missing here is missing in an emergency. */
  readonly skipped: readonly SkippedResource[];
}

interface Entry {
  readonly fullUrl: string;
  readonly resource: Readonly<Record<string, unknown>>;
}

interface Located {
  readonly record: number;
  readonly entry: number;
  readonly resourceType: string;
  readonly resource: unknown;
}

/**
 * Makes the summary: allergies, medication, problems, blood group, implants, advance directives that
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
  const resources = records.flatMap(resourcesOf);
  const patient = patientEntry(resources);
  const skipped: SkippedResource[] = [];
  const sections = SECTIONS.map((kind) => ({
    kind,
    entries: currentItems(kind, resources, skipped).map(({ resource, line }) => ({
      line,
      ...entryOf(aboutPatient(resource, patient.fullUrl)),
    })),
  }));
  const composition = compositionEntry(patient, sections, madeAt);
  const entries = [
    composition,
    patient,
    ...sections.flatMap(({ entries: own }) =>
      own.map(({ fullUrl, resource }) => ({ fullUrl, resource })),
    ),
  ];
  const bundle = {
    resourceType: 'Bundle',
    meta: { profile: [`${IPS}/Bundle-uv-ips`] },
    identifier: { system: 'urn:ietf:rfc:3986', value: composition.fullUrl },
    type: 'document',
    timestamp: madeAt.toISOString(),
    entry: entries,
  };
  return {
    bytes: utf8ToBytes(JSON.stringify(bundle)),
    counts: Object.fromEntries(sections.map(({ kind, entries: own }) => [kind.title, own.length])),
    skipped,
  };
}

function resourcesOf(content: unknown, record: number): Located[] {
  const what = `record ${String(record)} of the summary`;
  if (!v.is(Content, content)) {
    throw new EmrError('INPUT_INVALID', { what, problem: 'it is no FHIR resource' });
  }
  if (content.resourceType !== 'Bundle') {
    return [{ record, entry: 0, resourceType: content.resourceType, resource: content }];
  }
  const bundle = v.safeParse(Bundle, content);
  if (!bundle.success) {
    throw new EmrError('INPUT_INVALID', { what, problem: problemsOf(bundle.issues) });
  }
  return (bundle.output.entry ?? []).flatMap(({ resource }, entry) =>
    v.is(Content, resource)
      ? [{ record, entry, resourceType: resource.resourceType, resource }]
      : [],
  );
}

function patientEntry(resources: readonly Located[]): Entry {
  const found = resources.findLast(({ resourceType }) => resourceType === 'Patient');
  const parsed = v.safeParse(Patient, found?.resource);
  if (!parsed.success) {
    const problem = found === undefined ? 'none has a Patient' : problemsOf(parsed.issues);
    throw new EmrError('INPUT_INVALID', { what: 'the patient of the records', problem });
  }
  return entryOf(parsed.output);
}

/** The latest item of each fact, where it still holds; the latest fact first. */
function currentItems(
  kind: SectionKind,
  resources: readonly Located[],
  skipped: SkippedResource[],
): SectionItem[] {
  const latest = new Map<string, SectionItem>();
  for (const located of resources) {
    if (!kind.types.includes(located.resourceType)) continue;
    const item = readItem(kind, located, skipped);
    if (item === null) continue;
    const known = latest.get(item.fact);
    if (known === undefined || momentOf(item) >= momentOf(known)) latest.set(item.fact, item);
  }
  return [...latest.values()]
    .filter(({ current }) => current)
    .sort((a, b) => momentOf(b) - momentOf(a));
}

function momentOf({ recorded }: SectionItem): number {
  return recorded === '' ? 0 : Date.parse(recorded);
}

function readItem(
  kind: SectionKind,
  { resource, ...where }: Located,
  skipped: SkippedResource[],
): SectionItem | null {
  try {
    return kind.read(resource);
  } catch (error) {
    if (!v.isValiError(error)) throw error;
    skipped.push({ ...where, problem: problemsOf(error.issues) });
    return null;
  }
}

/** Field names and what was expected; a message of the schema library may repeat what it read. */
function problemsOf(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues
    .map((issue) => `${v.getDotPath(issue) ?? 'it'}: ${issue.expected ?? issue.type}`)
    .join('; ');
}

/** Only fields of the schemas are left: references to what is not in the document are not. */
function aboutPatient(
  resource: Readonly<Record<string, unknown>>,
  patient: string,
): Readonly<Record<string, unknown>> {
  const field = ['AllergyIntolerance', 'Device', 'Consent'].includes(
    String(resource['resourceType']),
  )
    ? 'patient'
    : 'subject';
  return { ...resource, [field]: { reference: patient } };
}

function compositionEntry(
  { fullUrl: patient }: Entry,
  sections: readonly { kind: SectionKind; entries: readonly (Entry & { line: string })[] }[],
  madeAt: Date,
): Entry {
  return entryOf({
    resourceType: 'Composition',
    meta: { profile: [`${IPS}/Composition-uv-ips`] },
    status: 'final',
    type: { coding: [{ system: LOINC, ...SUMMARY }] },
    subject: { reference: patient },
    date: madeAt.toISOString(),
    author: [{ reference: patient }],
    title: 'Emergency summary',
    section: sections
      .filter(({ kind, entries }) => kind.required || entries.length > 0)
      .map(({ kind: { title, code }, entries }) => ({
        title,
        code: { coding: [{ system: LOINC, code }] },
        text: { status: 'generated', div: narrative(entries.map(({ line }) => line)) },
        ...(entries.length > 0
          ? { entry: entries.map(({ fullUrl }) => ({ reference: fullUrl })) }
          : { emptyReason: { coding: [{ system: EMPTY_REASON, code: 'unavailable' }] } }),
      })),
  });
}

function narrative(lines: readonly string[]): string {
  const items = lines.map((line) => `<li>${escaped(line)}</li>`).join('');
  const body = items === '' ? '<p>Nothing is known.</p>' : `<ul>${items}</ul>`;
  return `<div xmlns="http://www.w3.org/1999/xhtml">${body}</div>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(line: string): string {
  return line.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** Named by its content, so that the same records give the same document. */
function entryOf(resource: Readonly<Record<string, unknown>>): Entry {
  const hex = bytesToHex(sha256(utf8ToBytes(JSON.stringify(resource))));
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return { fullUrl: `urn:uuid:${parts.join('-')}`, resource };
}
