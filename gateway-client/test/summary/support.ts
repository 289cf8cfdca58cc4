/**
 * FHIR to make summaries of, and a look into the documents.
 */
import type { PatientSummary } from '@emr-share/gateway-client';

export const PATIENT = {
  resourceType: 'Patient',
  name: [{ given: ['Ada'], family: 'Moss' }],
  gender: 'female',
  birthDate: '1970-05-01',
};

export interface Section {
  title: string;
  text: { div: string };
  entry?: { reference: string }[];
  emptyReason?: object;
}

export interface Document {
  type: string;
  entry: { fullUrl: string; resource: Record<string, unknown> & { section?: Section[] } }[];
}

/** The document as its reader parses it. */
export function documentOf({ bytes }: Pick<PatientSummary, 'bytes'>): Document {
  return JSON.parse(new TextDecoder().decode(bytes)) as Document;
}

export const coded = (code: string): object => ({ coding: [{ code }] });

export const allergy = (text: string, recordedDate: string, fields: object = {}) => ({
  resourceType: 'AllergyIntolerance',
  clinicalStatus: coded('active'),
  code: { text },
  recordedDate,
  ...fields,
});

export const medication = (text: string, authoredOn: string, status = 'active') => ({
  resourceType: 'MedicationRequest',
  status,
  intent: 'order',
  medicationCodeableConcept: { text },
  authoredOn,
});

export const bundle = (...resources: object[]) => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: [PATIENT, ...resources].map((resource) => ({ resource })),
});
