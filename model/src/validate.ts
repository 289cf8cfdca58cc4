/**
 * Validation at the edges: a schema's findings as one typed error that never repeats the input.
 *
 * @module
 */
import * as v from 'valibot';
import { EmrError } from './errors.js';

/** Longest request a contract or an adapter accepts, in characters. */
export const MAX_REQUEST_CHARS = 1_000_000;

type AnySchema = v.GenericSchema;

function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  // A schema's own message names what is expected; valibot's default would repeat what was received.
  const problem = issue.message.startsWith('Invalid ')
    ? `expected ${issue.expected ?? 'another value'}`
    : `expected ${issue.message}`;
  return path === null ? problem : `${path}: ${problem}`;
}

/**
 * Checks `value` against `schema`.
 *
 * @param what - Names the value in the error, such as `the grant`.
 * @throws EmrError `INPUT_INVALID` with the place and what was expected there.
 */
export function validate<S extends AnySchema>(
  schema: S,
  value: unknown,
  what: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new EmrError('INPUT_INVALID', { what, problem: problemOf(result.issues[0]) });
}

/** Parses JSON text and validates it. Throws `INPUT_INVALID`. */
export function parseJson<S extends AnySchema>(
  schema: S,
  text: string,
  what: string,
): v.InferOutput<S> {
  if (text.length > MAX_REQUEST_CHARS) {
    throw new EmrError('INPUT_INVALID', {
      what,
      problem: 'it is longer than 1,000,000 characters',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EmrError('INPUT_INVALID', { what, problem: 'it is not JSON' }, { cause });
  }
  return validate(schema, value, what);
}
