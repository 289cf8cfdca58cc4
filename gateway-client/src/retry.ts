/**
 * Repeating what is safe to repeat, and nothing else.
 *
 * @module
 */
import { EmrError, type ErrorCode } from '@emr-share/model';
import pRetry from 'p-retry';

/** Seven attempts in 3 to 7 seconds: a block is late by less than that, or something is wrong. */
const BACKOFF = { retries: 6, minTimeout: 50, factor: 2, randomize: true } as const;

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/**
 * Repeats a call while it is refused with one of `codes`, with growing pauses and jitter.
 *
 * A commit is acknowledged by one organization's peer; the others may apply the block a moment
 * later, and until then answer that they have not seen it. `codes` are those answers. The last
 * refusal is thrown as it is.
 *
 * @param call - Must be harmless to repeat: a query, or a transaction with a caller-chosen ID.
 */
export async function whileBehind<T>(
  codes: readonly ErrorCode[],
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  const isBehind = (error: unknown): boolean => EmrError.is(error) && codes.includes(error.code);
  // p-retry rewrites what is no Error of this realm, such as an abort reason: it never sees those.
  const attempt = async (): Promise<Outcome<T>> => {
    try {
      return { value: await call() };
    } catch (error) {
      if (isBehind(error)) throw error;
      return { error };
    }
  };
  let outcome: Outcome<T>;
  try {
    outcome = await pRetry(attempt, { ...BACKOFF, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
