/**
 * What can stand between a client and its ports: a crash, a lost answer, an altered one.
 *
 * @module
 */
import { once } from 'node:events';
import type { BlobStore, Ledger } from '@emr-share/gateway-client';
import { EmrError, type MspId, type TransactionName } from '@emr-share/model';

/** Called in place of a call that `name` names; `pass` makes the call. */
export type Interceptor = (
  call: {
    readonly name: TransactionName;
    readonly organizations: readonly MspId[] | undefined;
    readonly nth: number;
  },
  pass: () => Promise<unknown>,
) => Promise<unknown>;

/** A ledger whose calls go through `intercept`, which may let them pass. */
export function interceptedLedger(real: Ledger, intercept: Interceptor): Ledger {
  const counts = new Map<TransactionName, number>();
  const through = (
    name: TransactionName,
    organizations: readonly MspId[] | undefined,
    pass: () => Promise<unknown>,
  ): Promise<never> => {
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    return intercept({ name, organizations, nth }, pass) as Promise<never>;
  };
  return {
    mspId: real.mspId,
    userId: real.userId,
    evaluate: (name, request, options) =>
      through(name, options?.organizations, () => real.evaluate(name, request, options)),
    submit: (name, request, options) =>
      through(name, options?.organizations, () => real.submit(name, request, options)),
    events: (options) => real.events(options),
  };
}

/** What a device says when it dies. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** The device dies before the `nth` call of `name` is made. */
export const crashBefore =
  (name: TransactionName, nth = 1) =>
  (real: Ledger): Ledger =>
    interceptedLedger(real, (call, pass) =>
      call.name === name && call.nth >= nth ? Promise.reject(new Crash()) : pass(),
    );

/** The `nth` call of `name` is committed, and its answer gets lost. */
export const answerLost =
  (name: TransactionName, nth = 1) =>
  (real: Ledger): Ledger =>
    interceptedLedger(real, async (call, pass) => {
      const answer = await pass();
      if (call.name !== name || call.nth !== nth) return answer;
      const { transactionId } = answer as { transactionId: string };
      throw new EmrError('COMMIT_UNKNOWN', { transactionId });
    });

/** One step happens just before the `nth` call of `name`. */
export const justBefore =
  (name: TransactionName, step: () => Promise<unknown>, nth = 1) =>
  (real: Ledger): Ledger =>
    interceptedLedger(real, async (call, pass) => {
      if (call.name === name && call.nth === nth) await step();
      return pass();
    });

/** Some organizations' answers to one query, altered. */
export const lyingAt =
  (liars: readonly MspId[], name: TransactionName, lie: (answer: never) => unknown) =>
  (real: Ledger): Ledger =>
    interceptedLedger(real, async (call, pass) => {
      const answer = await pass();
      const asked = call.organizations?.[0] ?? real.mspId;
      return call.name === name && liars.includes(asked) ? lie(answer as never) : answer;
    });

/** {@link lyingAt} by one, whom the others wait for: so it is always heard. */
export const heardLiar =
  (liar: MspId, name: TransactionName, lie: (answer: never) => unknown) =>
  (real: Ledger): Ledger => {
    const liarAnswered = new AbortController();
    return interceptedLedger(lyingAt([liar], name, lie)(real), async (call, pass) => {
      if (call.name !== name) return pass();
      if (call.organizations?.[0] !== liar) await aborted(liarAnswered.signal);
      const answer = await pass();
      setTimeout(() => {
        liarAnswered.abort();
      });
      return answer;
    });
  };

const aborted = (signal: AbortSignal): Promise<unknown> =>
  signal.aborted ? Promise.resolve() : once(signal, 'abort');

/** The smallest lie there is. */
export const flipLastDigit = (hex: string): string =>
  hex.slice(0, -1) + (Number.parseInt(hex.slice(-1), 16) ^ 1).toString(16);

/** A store that counts what is put, committed and discarded. */
export function countingBlobs(real: BlobStore): BlobStore & { readonly counts: BlobCounts } {
  const counts = { put: 0, commit: 0, discard: 0 };
  return {
    counts,
    put: (source, options) => {
      counts.put += 1;
      return real.put(source, options);
    },
    commit: (cid, options) => {
      counts.commit += 1;
      return real.commit(cid, options);
    },
    discard: (cid, options) => {
      counts.discard += 1;
      return real.discard(cid, options);
    },
    get: (cid, options) => real.get(cid, options),
    stat: (cid, options) => real.stat(cid, options),
    collect: (options) => real.collect(options),
  };
}

export interface BlobCounts {
  readonly put: number;
  readonly commit: number;
  readonly discard: number;
}
