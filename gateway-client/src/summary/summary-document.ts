/**
 * Facts as a FHIR document: an International Patient Summary.
 *
 * @module
 * @see International Patient Summary, HL7 FHIR implementation guide 1.1
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Facts, SectionFacts } from './facts.js';
import type { Patient } from './fhir.js';

const LOINC = 'http://loinc.org';
const IPS = 'http://hl7.org/fhir/uv/ips/StructureDefinition';
const EMPTY_REASON = 'http://terminology.hl7.org/CodeSystem/list-empty-reason';
const SUMMARY = { code: '60591-5', display: 'Patient summary Document' };

/** What is told of a fact that holds. Of one that has ended, only that it has. */
const DETAILS = [
  'reaction',
  'severity',
  'dosage',
  'dosageInstruction',
  'valueCodeableConcept',
  'valueString',
  'manufacturer',
];

type Resource = Readonly<Record<string, unknown>>;

interface Entry {
  readonly fullUrl: string;
  readonly resource: Resource;
}

interface DocumentSection {
  readonly facts: SectionFacts;
  readonly entries: readonly Entry[];
}

/**
 * The document's bytes: JSON in UTF-8, the same for the same facts. What has ended stands in it with
 * its status, so that it goes on removing earlier entries when summaries are merged; the sections'
 * text names what holds.
 */
export function summaryDocument(facts: Facts, madeAt: Date): Uint8Array {
  const patient = entryOf(facts.patient ?? { resourceType: 'Patient' });
  const sections = facts.sections.map((section) => ({
    facts: section,
    entries: [
      ...section.current.map(({ resource }) => resource),
      ...section.ended.map(({ resource }) => withoutDetails(resource)),
    ].map((resource) => entryOf(aboutPatient(resource, patient.fullUrl))),
  }));
  const composition = compositionEntry(patient, sections, madeAt);
  const bundle = {
    resourceType: 'Bundle',
    meta: { profile: [`${IPS}/Bundle-uv-ips`] },
    identifier: { system: 'urn:ietf:rfc:3986', value: composition.fullUrl },
    type: 'document',
    timestamp: madeAt.toISOString(),
    entry: [composition, patient, ...sections.flatMap(({ entries }) => entries)],
  };
  return utf8ToBytes(JSON.stringify(bundle));
}

function withoutDetails(resource: Resource): Resource {
  return Object.fromEntries(Object.entries(resource).filter(([name]) => !DETAILS.includes(name)));
}

/** Only fields of the schemas are left: references to what is not in the document are not. */
function aboutPatient(resource: Resource, patient: string): Resource {
  const field = ['AllergyIntolerance', 'Device', 'Consent'].includes(
    String(resource['resourceType']),
  )
    ? 'patient'
    : 'subject';
  return { ...resource, [field]: { reference: patient } };
}

function compositionEntry(
  { fullUrl: patient }: Entry,
  sections: readonly DocumentSection[],
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
      .filter(({ facts, entries }) => facts.kind.required || entries.length > 0)
      .map(({ facts: { kind, current }, entries }) => ({
        title: kind.title,
        code: { coding: [{ system: LOINC, code: kind.code }] },
        text: { status: 'generated', div: narrative(current.map(({ line }) => line)) },
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
function entryOf(resource: Resource | Patient): Entry {
  const hex = bytesToHex(sha256(utf8ToBytes(JSON.stringify(resource))));
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return { fullUrl: `urn:uuid:${parts.join('-')}`, resource: { ...resource } };
}
