import type { Ledger } from '@emr-share/gateway-client';

/** One thing that took time, in milliseconds since the physician's decision. */
export interface Span {
  readonly what: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Where it ended without an answer or was refused. */
  readonly failed?: true;
}

/** When what began and ended, from now on. */
export class Trace {
  readonly spans: Span[] = [];
  readonly #startedAt = performance.now();

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Notes how long something takes, whether it fails or not. */
  async span<T>(what: string, work: () => Promise<T>): Promise<T> {
    const fromMs = Math.round(this.elapsedMs);
    try {
      const value = await work();
      this.spans.push({ what, fromMs, toMs: Math.round(this.elapsedMs) });
      return value;
    } catch (error) {
      this.spans.push({ what, fromMs, toMs: Math.round(this.elapsedMs), failed: true });
      throw error;
    }
  }
}

/** The calls of a ledger, noted in whatever trace is running. */
export function tracedLedger(ledger: Ledger, trace: () => Trace | null): Ledger {
  const noted = <T>(what: string, work: () => Promise<T>): Promise<T> =>
    trace()?.span(what, work) ?? work();
  const labelled = (name: string, organizations: readonly string[] = []): string =>
    [name, ...organizations].join(' ');
  return {
    mspId: ledger.mspId,
    userId: ledger.userId,
    evaluate: (name, request, options) =>
      noted(labelled(name, options?.organizations), () => ledger.evaluate(name, request, options)),
    submit: (name, request, options) =>
      noted(labelled(name, options?.organizations), () => ledger.submit(name, request, options)),
    events: (options) => ledger.events(options),
  };
}
