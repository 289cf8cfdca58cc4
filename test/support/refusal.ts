/**
 * Refusals as values.
 *
 * @module
 */
import { EmrError, type ErrorCode } from '@emr-share/model';

/** What a call is refused with. Fails where it is not refused, or with something else. */
export async function refusalOf(call: Promise<unknown>): Promise<EmrError> {
  try {
    await call;
  } catch (error) {
    if (EmrError.is(error)) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

export async function codeOf(call: Promise<unknown>): Promise<ErrorCode> {
  return (await refusalOf(call)).code;
}
