/**
 * Entries of the index from FHIR R4: a Patient, or a Bundle of them.
 *
 * @module
 * @see https://hl7.org/fhir/R4/patient.html
 */
import { EmrError, UserId, validate } from '@emr-share/model';
import * as v from 'valibot';
import { IndexedPatient } from './indexed-patient.js';

/** The system of the identifier that is the pseudonymous ID. */
export const PSEUDONYM_SYSTEM = 'urn:emr-share:user-id';

const MAX_CHARS = 256;
const text = v.pipe(v.string(), v.maxLength(MAX_CHARS));

const HumanName = v.object({
  text: v.optional(text),
  family: v.optional(text),
  given: v.optional(v.array(text)),
});

const FhirPatient = v.object({
  resourceType: v.literal('Patient'),
  identifier: v.optional(
    v.array(v.object({ system: v.optional(text), value: v.optional(text) })),
    [],
  ),
  name: v.optional(v.array(HumanName), []),
  birthDate: v.optional(text),
  gender: v.optional(text),
});
type FhirPatient = v.InferOutput<typeof FhirPatient>;

const Resource = v.looseObject({ resourceType: text });
const Bundle = v.object({
  resourceType: v.literal('Bundle'),
  entry: v.optional(v.array(v.object({ resource: v.optional(v.unknown()) })), []),
});

const wholeName = ({
  text: whole,
  given = [],
  family = '',
}: v.InferOutput<typeof HumanName>): string => (whole ?? [...given, family].join(' ')).trim();

function entryOf(resource: FhirPatient, what: string, system: string): IndexedPatient {
  const pseudonyms = resource.identifier.filter((one) => one.system === system);
  const [pseudonym, ...others] = pseudonyms.map(({ value }) => value);
  if (pseudonym === undefined || others.length > 0) {
    const problem = `expected one identifier of the system ${system}, the pseudonymous ID`;
    throw new EmrError('INPUT_INVALID', { what, problem });
  }
  const entry = {
    patient: validate(UserId, pseudonym, `the pseudonymous ID of ${what}`),
    identifiers: resource.identifier
      .filter((one) => one.system !== system && one.value !== undefined)
      .map(({ system: of, value }) => (of === undefined ? { value } : { system: of, value })),
    names: resource.name.map(wholeName).filter((name) => name !== ''),
    ...(resource.birthDate === undefined ? {} : { birthDate: resource.birthDate }),
    ...(resource.gender === undefined ? {} : { sex: resource.gender }),
  };
  return validate(IndexedPatient, entry, what);
}

/**
 * The patients in a FHIR resource, in its order. Other resources in a Bundle are left alone.
 *
 * @param content - Parsed JSON.
 * @param system - Of the identifier that is the pseudonymous ID. Default {@link PSEUDONYM_SYSTEM}.
 * @throws EmrError `INPUT_INVALID`, which says which one by its place and repeats nothing of it.
 */
export function patientsInFhir(content: unknown, system = PSEUDONYM_SYSTEM): IndexedPatient[] {
  const { resourceType } = validate(Resource, content, 'the FHIR resource');
  const resources =
    resourceType === 'Bundle'
      ? validate(Bundle, content, 'the Bundle').entry.map(({ resource }) => resource)
      : [content];
  return resources.flatMap((resource, index) => {
    const isPatient = v.is(v.looseObject({ resourceType: v.literal('Patient') }), resource);
    if (!isPatient) return [];
    const what = `resource ${String(index + 1)}`;
    return [entryOf(validate(FhirPatient, resource, what), what, system)];
  });
}
