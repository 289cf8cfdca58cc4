/**
 * Names and numbers in one form, however they were typed: Unicode NFKC, without case, accents and
 * spaces.
 *
 * @module
 */

/** Letters that Unicode does not take apart. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};
/** How an umlaut is written where there is none on the keyboard. */
const UMLAUTS: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ø: 'oe', å: 'aa' };

const APOSTROPHES = /['’ʼ`´]/g;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;

function withoutAccents(word: string): string {
  const plain = word.normalize('NFKD').replaceAll(/\p{M}/gu, '');
  return plain.replaceAll(/[^a-z0-9]/g, (letter) => LETTERS[letter] ?? letter);
}

/** The spellings under which one word is kept and sought: `müller` as `muller` and `mueller`. */
export function spellings(word: string): readonly string[] {
  const spelled = word.replaceAll(/[äöüøå]/g, (letter) => UMLAUTS[letter] ?? letter);
  return [...new Set([withoutAccents(word), withoutAccents(spelled)])];
}

/** The words of a name, in lower case, each once. */
export function wordsOf(name: string): readonly string[] {
  const folded = name.normalize('NFKC').toLowerCase().normalize('NFC').replaceAll(APOSTROPHES, '');
  return [...new Set(folded.match(WORD) ?? [])];
}

/** An identifier without case and white space. */
export function plainIdentifier(value: string): string {
  return value.normalize('NFKC').toLowerCase().replaceAll(/\s/g, '');
}
