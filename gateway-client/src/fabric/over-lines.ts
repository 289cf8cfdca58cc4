import { setTimeout as delay } from 'node:timers/promises';
import { EmrError } from '@emr-share/model';

/** From the question over one line to the same question over the next. */
const NEXT_LINE_MS = 150;

/**
 * Whether another line cannot say otherwise: a reason of the contract's. A peer refuses to simulate a
 * transaction that it is simulating already, for the line before.
 */
const isReason = (error: unknown): boolean =>
  EmrError.is(error) && error.code !== 'LEDGER_UNAVAILABLE' && error.code !== 'LEDGER_REJECTED';

/**
 * Asks over the first line and, where there is no answer yet, a moment later over the next: a packet
 * that is lost holds up one connection, and an answer overtakes it on another one.
 *
 * @param ask - harmless to repeat
 * @throws the first reason of the contract's, else the last failure
 */
export async function overLines<L, T>(
  lines: readonly L[],
  signal: AbortSignal | undefined,
  ask: (line: L) => Promise<T>,
): Promise<T> {
  const answered = new AbortController();
  const waiting =
    signal === undefined ? answered.signal : AbortSignal.any([signal, answered.signal]);
  try {
    return await new Promise<T>((resolve, reject) => {
      let failures = 0;
      const fail = (error: unknown): void => {
        failures += 1;
        if (!isReason(error) && failures < lines.length) return;
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      for (const [i, line] of lines.entries()) {
        const turn =
          i === 0 ? Promise.resolve() : delay(i * NEXT_LINE_MS, null, { signal: waiting });
        turn.then(() => ask(line)).then(resolve, fail);
      }
    });
  } finally {
    answered.abort();
  }
}
