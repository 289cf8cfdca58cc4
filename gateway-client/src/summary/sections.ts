/**
 * The sections of an emergency summary: which resources belong, and how one line tells them.
 *
 * @module
 * @see International Patient Summary, HL7 FHIR implementation guide 1.1
 */
import * as v from 'valibot';
import {
  AllergyIntolerance,
  Condition,
  Consent,
  Device,
  hasCode,
  labelOf,
  MedicationRequest,
  MedicationStatement,
  Observation,
} from './fhir.js';

const LOINC = 'http://loinc.org';
/** ABO and Rh group; ABO group; Rh group. */
const BLOOD_GROUP_CODES = ['882-1', '883-9', '10331-7'];
const ADVANCE_DIRECTIVE_SCOPES = ['adr'];

/** A resource that belongs into a section. */
export interface SectionItem {
  readonly resource: Readonly<Record<string, unknown>>;
  /** What two entries of the same fact have in common: what people call it. */
  readonly fact: string;
  /** When it was written down, ISO 8601; the later one of two stands. */
  readonly recorded: string;
  /** Whether it still holds; where not, it also removes an older entry of the same fact. */
  readonly current: boolean;
  readonly line: string;
  /** Whether it is to be read before the others. */
  readonly urgent: boolean;
}

export interface SectionKind {
  readonly title: string;
  /** LOINC code of the section. */
  readonly code: string;
  /** IPS demands the section, empty or not. */
  readonly required: boolean;
  /** Resource types that are looked at. */
  readonly types: readonly string[];
  /** `null`: a sound resource that this section is not about. Throws where it is not sound. */
  readonly read: (resource: unknown) => SectionItem | null;
}

const join = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== '').join(', ');

/**
 * Facts are the same where they have the same name, however it is spaced. Codes are not compared: one
 * code may stand for many substances, and one entry too many does less harm than one too few.
 */
const named = (name: string): string => name.trim().replaceAll(/\s+/g, ' ').toLowerCase();

const NOT_TRUE = ['entered-in-error', 'refuted'];
const ENDED = ['inactive', 'resolved', 'remission'];

const allergies: SectionKind = {
  title: 'Allergies and intolerances',
  code: '48765-2',
  required: true,
  types: ['AllergyIntolerance'],
  read: (raw) => {
    const resource = v.parse(AllergyIntolerance, raw);
    const { clinicalStatus, verificationStatus, code, criticality, recordedDate = '' } = resource;
    const reactions = (resource.reaction ?? []).flatMap(({ manifestation }) =>
      manifestation.map(labelOf),
    );
    return {
      resource,
      fact: named(labelOf(code)),
      recorded: recordedDate,
      urgent: criticality === 'high',
      current: !hasCode(clinicalStatus, ENDED) && !hasCode(verificationStatus, NOT_TRUE),
      line: join(
        labelOf(code),
        criticality === undefined ? undefined : `criticality ${criticality}`,
        ...reactions,
      ),
    };
  },
};

const problems: SectionKind = {
  title: 'Problems',
  code: '11450-4',
  required: true,
  types: ['Condition'],
  read: (raw) => {
    const resource = v.parse(Condition, raw);
    const { clinicalStatus, verificationStatus, code, onsetDateTime, recordedDate } = resource;
    return {
      resource,
      fact: named(labelOf(code)),
      recorded: recordedDate ?? onsetDateTime ?? '',
      urgent: false,
      current: !hasCode(clinicalStatus, ENDED) && !hasCode(verificationStatus, NOT_TRUE),
      line: join(
        labelOf(code),
        onsetDateTime === undefined ? undefined : `since ${onsetDateTime.slice(0, 10)}`,
      ),
    };
  },
};

const ACTIVE_MEDICATION = ['active', 'on-hold', 'intended', 'unknown'];

function readMedication(raw: unknown): SectionItem {
  const schema = v.variant('resourceType', [MedicationRequest, MedicationStatement]);
  const resource = v.parse(schema, raw);
  const isRequest = resource.resourceType === 'MedicationRequest';
  const recorded = isRequest ? resource.authoredOn : resource.effectiveDateTime;
  const dosage = isRequest ? resource.dosageInstruction : resource.dosage;
  const label = labelOf(resource.medicationCodeableConcept);
  return {
    resource,
    fact: named(label),
    recorded: recorded ?? '',
    urgent: false,
    current: ACTIVE_MEDICATION.includes(resource.status),
    line: join(label, ...(dosage ?? []).map((one) => one.text)),
  };
}

const medications: SectionKind = {
  title: 'Medication',
  code: '10160-0',
  required: true,
  types: ['MedicationRequest', 'MedicationStatement'],
  read: readMedication,
};

const bloodGroup: SectionKind = {
  title: 'Blood group',
  code: '30954-2',
  required: false,
  types: ['Observation'],
  read: (raw) => {
    const resource = v.parse(Observation, raw);
    const { code, status, effectiveDateTime = '', valueCodeableConcept, valueString } = resource;
    if (!hasCode(code, BLOOD_GROUP_CODES, LOINC)) return null;
    const value = valueString ?? labelOf(valueCodeableConcept);
    return {
      resource,
      fact: named(labelOf(code)),
      recorded: effectiveDateTime,
      urgent: false,
      current: status === 'final' || status === 'amended' || status === 'corrected',
      line: join(`${labelOf(code)}: ${value}`),
    };
  },
};

const implants: SectionKind = {
  title: 'Implants and devices',
  code: '46264-8',
  required: false,
  types: ['Device'],
  read: (raw) => {
    const resource = v.parse(Device, raw);
    const { status = 'active', type, deviceName, manufacturer, modelNumber } = resource;
    const name = type === undefined ? (deviceName?.[0]?.name ?? 'not named') : labelOf(type);
    return {
      resource,
      fact: named(join(name, modelNumber)),
      recorded: '',
      urgent: false,
      current: status === 'active' || status === 'unknown',
      line: join(name, manufacturer, modelNumber),
    };
  },
};

const directives: SectionKind = {
  title: 'Advance directives',
  code: '42348-3',
  required: false,
  types: ['Consent'],
  read: (raw) => {
    const resource = v.parse(Consent, raw);
    const { scope, status, dateTime = '', category, provision } = resource;
    if (!hasCode(scope, ADVANCE_DIRECTIVE_SCOPES)) return null;
    const about = (provision?.code ?? []).map(labelOf);
    return {
      resource,
      fact: named(join(...category.map(labelOf), ...about)),
      recorded: dateTime,
      urgent: false,
      current: status === 'active',
      line: join(...category.map(labelOf), provision?.type, ...about),
    };
  },
};

/** In the order in which somebody in a hurry reads them. */
export const SECTIONS: readonly SectionKind[] = [
  allergies,
  medications,
  problems,
  implants,
  bloodGroup,
  directives,
];
