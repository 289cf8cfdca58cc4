/**
 * Text from outside on a terminal.
 *
 * @module
 */

/** Control characters other than line feed and tab, and those that turn the writing direction. */
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Makes characters visible that a terminal would obey: a file's name may hold escape sequences. */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
