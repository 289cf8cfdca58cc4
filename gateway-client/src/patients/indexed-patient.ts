/**
 * What a hospital knows of a patient, and what it looks a patient up by.
 *
 * @module
 */
import { UserId } from '@emr-share/model';
import * as v from 'valibot';

const text = (maxChars: number): v.GenericSchema<string> =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(maxChars));

const isCalendarDate = (date: string): boolean =>
  !Number.isNaN(Date.parse(date)) && new Date(date).toISOString().startsWith(date);

/** A day, or where no more is known a month or a year: `1978-05-14`, `1978-05`, `1978`. */
export const BirthDate = v.pipe(
  v.string(),
  v.regex(/^\d{4}(-\d{2}(-\d{2})?)?$/, 'a date such as 1978-05-14'),
  v.check(isCalendarDate, 'a date of the calendar'),
);

/** FHIR's administrative gender. */
export const Sex = v.picklist(['female', 'male', 'other', 'unknown']);
export type Sex = v.InferOutput<typeof Sex>;

/** A number that an institution gave; `system` says which, as a URI. */
export const PatientIdentifier = v.strictObject({
  system: v.optional(text(200)),
  value: text(100),
});
export type PatientIdentifier = v.InferOutput<typeof PatientIdentifier>;

/** An entry of the index: the pseudonymous ID, and what leads to it. */
export const IndexedPatient = v.strictObject({
  patient: UserId,
  identifiers: v.pipe(v.array(PatientIdentifier), v.maxLength(50)),
  /** Whole names, former ones too; the order of the words does not matter. */
  names: v.pipe(v.array(text(200)), v.maxLength(20)),
  birthDate: v.optional(BirthDate),
  sex: v.optional(Sex),
});
export type IndexedPatient = v.InferOutput<typeof IndexedPatient>;

/** All that is given must fit. A name alone would fit too many: it goes with the birth date. */
export const PatientQuery = v.pipe(
  v.strictObject({
    identifier: v.optional(PatientIdentifier),
    /** Words of one of the names. */
    name: v.optional(text(200)),
    birthDate: v.optional(BirthDate),
    sex: v.optional(Sex),
  }),
  v.check(
    ({ identifier, name, birthDate }) =>
      identifier !== undefined || (name !== undefined && birthDate !== undefined),
    'an identifier, or a name and the birth date',
  ),
);
export type PatientQuery = v.InferOutput<typeof PatientQuery>;
