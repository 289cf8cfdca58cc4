/**
 * What the story claims, checked.
 *
 * @module
 */
import { CliError } from '../errors/cli-error.js';

/** Throws CliError `DEMO_FAILED` unless what the story claims is so. */
export function demand(claim: boolean, otherwise: string): asserts claim {
  if (!claim) throw new CliError('DEMO_FAILED', otherwise);
}

/** The first of a list that the story needs not to be empty. */
export function firstOf<T>(items: readonly T[], what: string): T {
  const [first] = items;
  demand(first !== undefined, `there is no ${what}`);
  return first;
}
