/**
 * 128-bit IDs in tables.
 *
 * @module
 */

const DIGITS = 12;

/** The first digits of an ID: enough to name it to other commands. */
export function shortId(id: string): string {
  return id.slice(0, DIGITS);
}
