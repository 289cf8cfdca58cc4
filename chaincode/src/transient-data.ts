/**
 * What comes beside a transaction and is not part of it.
 *
 * @module
 */
import { EmrError, parseJson } from '@emr-share/model';
import type { Invocation } from './invocation.js';

type Schema = Parameters<typeof parseJson>[0];
type Output<S extends Schema> = ReturnType<typeof parseJson<S>>;

/**
 * The validated member of the transient data under a key.
 *
 * @throws EmrError `INPUT_INVALID`.
 */
export function transientData<S extends Schema>(
  { transient }: Invocation,
  key: string,
  schema: S,
): Output<S> {
  const bytes = transient.get(key);
  if (bytes === undefined) {
    throw new EmrError('INPUT_INVALID', {
      what: 'the transient data',
      problem: `it has no member ${key}`,
    });
  }
  return parseJson(schema, new TextDecoder().decode(bytes), 'the deposit');
}
