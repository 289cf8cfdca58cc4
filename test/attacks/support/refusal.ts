/**
 * The code with which something is refused.
 *
 * @module
 */
import { CryptoError } from '@emr-share/crypto';
import { EmrError } from '@emr-share/model';

/**
 * Awaits a refusal and returns its code; fails where it has none.
 *
 * @param otherwise - What to return where nothing is refused; left out: that is a failure.
 */
export async function codeOf(
  attempt: Promise<unknown> | (() => unknown),
  otherwise?: string,
): Promise<string> {
  try {
    await (typeof attempt === 'function' ? attempt() : attempt);
  } catch (error) {
    if (EmrError.is(error) || CryptoError.is(error)) return error.code;
    throw error;
  }
  if (otherwise !== undefined) return otherwise;
  throw new Error('nothing was refused');
}
