/**
 * A schema step: the items of an array differ.
 *
 * @module
 */
import * as v from 'valibot';

/** Refuses an array in which two items have the same key; by default, are the same. */
export function withoutRepeats<T>(
  what: string,
  keyOf: (item: T) => unknown = (item) => item,
): v.CheckAction<T[], string> {
  return v.check(
    (items: T[]) => new Set(items.map(keyOf)).size === items.length,
    `${what} without repeats`,
  );
}
