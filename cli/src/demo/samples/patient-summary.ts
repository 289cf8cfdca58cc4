/**
 * A synthetic International Patient Summary: a FHIR R4 document Bundle of a person who does not exist.
 *
 * @module
 */

type Resource = Readonly<Record<string, unknown>>;

const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const ATC = 'http://www.whocc.no/atc';
const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem';
const PROFILE = 'http://hl7.org/fhir/uv/ips/StructureDefinition';

const IDS = {
  bundle: '8f4c3f0a-6f0e-4b7c-9b52-5f0a3f2d9e11',
  composition: '1c0e9a52-9a7d-4e2b-8a25-2a4b7f1d6c20',
  patient: '5b7d7c1e-2f6a-4c39-9d0e-6a1f0c8e4b33',
  author: 'c2a94c5e-77b1-4f35-8a60-0d4e8b2f7a44',
  penicillin: '0e6d2b9f-51a8-4a7c-b3d1-7f9c5e8a2b55',
  diabetes: '9a1b6c7d-3e5f-4d28-8c94-1b2d3e4f5a66',
  hypertension: 'e7f8a9b0-4c6d-4e1f-9a35-2c3d4e5f6a77',
  metformin: 'b3c4d5e6-5d7e-4f2a-8b46-3d4e5f6a7b88',
  ramipril: 'd9e0f1a2-6e8f-4a3b-9c57-4e5f6a7b8c99',
} as const;

const reference = (id: string): Resource => ({ reference: `urn:uuid:${id}` });

const coded = (system: string, code: string, display: string): Resource => ({
  coding: [{ system, code, display }],
});

const narrative = (text: string): Resource => ({
  status: 'generated',
  div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${text}</p></div>`,
});

const profile = (name: string): Resource => ({ profile: [`${PROFILE}/${name}`] });

const patient: Resource = {
  resourceType: 'Patient',
  id: IDS.patient,
  meta: profile('Patient-uv-ips'),
  text: narrative('Ana Sample, born 14 May 1978 (synthetic)'),
  identifier: [{ system: 'https://emr-share.example/synthetic', value: 'SYNTHETIC-0001' }],
  name: [{ family: 'Sample', given: ['Ana'] }],
  gender: 'female',
  birthDate: '1978-05-14',
};

const author: Resource = {
  resourceType: 'Organization',
  id: IDS.author,
  meta: profile('Organization-uv-ips'),
  name: 'Hospital A (synthetic)',
};

const penicillin: Resource = {
  resourceType: 'AllergyIntolerance',
  id: IDS.penicillin,
  meta: profile('AllergyIntolerance-uv-ips'),
  clinicalStatus: coded(`${TERMINOLOGY}/allergyintolerance-clinical`, 'active', 'Active'),
  verificationStatus: coded(
    `${TERMINOLOGY}/allergyintolerance-verification`,
    'confirmed',
    'Confirmed',
  ),
  type: 'allergy',
  category: ['medication'],
  criticality: 'high',
  code: coded(SNOMED, '91936005', 'Allergy to penicillin'),
  patient: reference(IDS.patient),
  onsetDateTime: '2004',
  reaction: [{ manifestation: [coded(SNOMED, '126485001', 'Urticaria')], severity: 'severe' }],
};

function condition(id: string, code: string, display: string, onsetDateTime: string): Resource {
  return {
    resourceType: 'Condition',
    id,
    meta: profile('Condition-uv-ips'),
    clinicalStatus: coded(`${TERMINOLOGY}/condition-clinical`, 'active', 'Active'),
    verificationStatus: coded(`${TERMINOLOGY}/condition-ver-status`, 'confirmed', 'Confirmed'),
    category: [coded(LOINC, '75326-9', 'Problem')],
    code: coded(SNOMED, code, display),
    subject: reference(IDS.patient),
    onsetDateTime,
  };
}

function medication(id: string, code: string, display: string, text: string): Resource {
  return {
    resourceType: 'MedicationStatement',
    id,
    meta: profile('MedicationStatement-uv-ips'),
    status: 'active',
    medicationCodeableConcept: coded(ATC, code, display),
    subject: reference(IDS.patient),
    effectivePeriod: { start: '2021-03' },
    dosage: [{ text }],
  };
}

function section(
  title: string,
  code: string,
  display: string,
  text: string,
  ids: readonly string[],
): Resource {
  return {
    title,
    code: coded(LOINC, code, display),
    text: narrative(text),
    entry: ids.map(reference),
  };
}

const composition: Resource = {
  resourceType: 'Composition',
  id: IDS.composition,
  meta: profile('Composition-uv-ips'),
  status: 'final',
  type: coded(LOINC, '60591-5', 'Patient summary Document'),
  subject: reference(IDS.patient),
  date: '2026-03-02T09:30:00Z',
  author: [reference(IDS.author)],
  title: 'International Patient Summary (synthetic)',
  confidentiality: 'R',
  section: [
    section(
      'Allergies and intolerances',
      '48765-2',
      'Allergies and adverse reactions Document',
      'Penicillin: severe urticaria, confirmed',
      [IDS.penicillin],
    ),
    section(
      'Medication summary',
      '10160-0',
      'History of Medication use Narrative',
      'Metformin 500 mg twice a day; ramipril 5 mg in the morning',
      [IDS.metformin, IDS.ramipril],
    ),
    section(
      'Problem list',
      '11450-4',
      'Problem list - Reported',
      'Type 2 diabetes mellitus; hypertensive disorder',
      [IDS.diabetes, IDS.hypertension],
    ),
  ],
};

const RESOURCES: readonly Resource[] = [
  composition,
  patient,
  author,
  penicillin,
  medication(IDS.metformin, 'A10BA02', 'metformin', '500 mg by mouth twice a day'),
  medication(IDS.ramipril, 'C09AA05', 'ramipril', '5 mg by mouth in the morning'),
  condition(IDS.diabetes, '44054006', 'Type 2 diabetes mellitus', '2019-06'),
  condition(IDS.hypertension, '38341003', 'Hypertensive disorder', '2016'),
];

/** The summary as FHIR JSON. */
export function patientSummaryJson(): Uint8Array {
  const bundle = {
    resourceType: 'Bundle',
    id: IDS.bundle,
    meta: profile('Bundle-uv-ips'),
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${IDS.bundle}` },
    type: 'document',
    timestamp: '2026-03-02T09:30:00Z',
    entry: RESOURCES.map((resource) => ({
      fullUrl: `urn:uuid:${String(resource['id'])}`,
      resource,
    })),
  };
  return new TextEncoder().encode(`${JSON.stringify(bundle, null, 2)}\n`);
}
