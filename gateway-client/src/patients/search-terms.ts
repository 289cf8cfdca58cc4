/**
 * The terms that an entry of the index is kept under, and those that a query asks for.
 *
 * @module
 */
import type { IndexedPatient, PatientIdentifier, PatientQuery } from './indexed-patient.js';
import { plainIdentifier, spellings, wordsOf } from './search-words.js';

/** A kind and its parts, all in plain form. An index keeps a keyed hash of it only. */
export type SearchTerm = readonly string[];

const byValue = ({ value }: PatientIdentifier): SearchTerm => ['value', plainIdentifier(value)];

const bySystem = (system: string, { value }: PatientIdentifier): SearchTerm => [
  'identifier',
  system,
  plainIdentifier(value),
];

/**
 * A word of a name with the birth date. Together they are of few people, so that how often a term
 * occurs does not betray the word.
 */
const byName = (spelling: string, birthDate: string): SearchTerm => ['name', spelling, birthDate];

/** Every term of an entry; some may come twice. */
export function termsOf({ identifiers, names, birthDate }: IndexedPatient): readonly SearchTerm[] {
  const numbers = identifiers.flatMap((identifier) => [
    byValue(identifier),
    ...(identifier.system === undefined ? [] : [bySystem(identifier.system, identifier)]),
  ]);
  if (birthDate === undefined) return numbers;
  const words = names.flatMap(wordsOf).flatMap(spellings);
  return [...numbers, ...words.map((word) => byName(word, birthDate))];
}

/** Year, month and day; year and month; year: as far as the date goes. */
function datesWithin(birthDate: string): readonly string[] {
  const parts = birthDate.split('-');
  return parts.map((_part, index) => parts.slice(0, index + 1).join('-'));
}

/**
 * What an entry must be under to fit: one term of each group. Entries of which less of the birth date
 * is known fit as well.
 */
export function termGroups({ identifier, name, birthDate }: PatientQuery): readonly SearchTerm[][] {
  const numbers =
    identifier === undefined
      ? []
      : [
          [
            identifier.system === undefined
              ? byValue(identifier)
              : bySystem(identifier.system, identifier),
          ],
        ];
  if (name === undefined || birthDate === undefined) return numbers;
  const words = wordsOf(name).map((word) =>
    spellings(word).flatMap((spelling) =>
      datesWithin(birthDate).map((date) => byName(spelling, date)),
    ),
  );
  return [...numbers, ...words];
}
