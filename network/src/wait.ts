import { setTimeout as delay } from 'node:timers/promises';
import { NetworkError, problemOf } from './errors.js';

export interface WaitOptions {
  limitMs: number;
  /** First pause between two tries; it doubles up to 500 ms. */
  pauseMs?: number;
  signal?: AbortSignal | undefined;
}

const LONGEST_PAUSE_MS = 500;

/**
 * Tries until `attempt` gives a value other than `null`; what it throws counts as "not yet".
 *
 * @throws {@link NetworkError} TIMEOUT, with the last problem; the signal's reason when aborted
 */
export async function waitFor<T>(
  what: string,
  options: WaitOptions,
  attempt: () => Promise<T | null>,
): Promise<T> {
  const started = Date.now();
  let pauseMs = options.pauseMs ?? 50;
  let problem = 'no answer';
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const value = await attempt();
      if (value !== null) return value;
    } catch (error) {
      problem = problemOf(error);
      if (NetworkError.is(error, 'NODE_EXITED')) throw error;
    }
    const waitedMs = Date.now() - started;
    if (waitedMs >= options.limitMs) throw new NetworkError('TIMEOUT', { what, waitedMs, problem });
    await delay(pauseMs, undefined, { signal: options.signal });
    pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
  }
}
