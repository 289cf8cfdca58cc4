/**
 * A ledger port whose answers are written down by the test, one function for each transaction.
 *
 * @module
 */
import type { TransactionName } from '@emr-share/model';
import type { Ledger, TransactOptions } from '@emr-share/gateway-client';

export type Answer = (request: never, options: TransactOptions) => unknown;

export interface Call {
  readonly name: TransactionName;
  readonly organizations: readonly string[] | undefined;
}

/** Calls without an answer fail the test. */
export function scriptedLedger(answers: Partial<Record<TransactionName, Answer>>): {
  ledger: Ledger;
  calls: Call[];
} {
  const calls: Call[] = [];
  const answer = async (
    name: TransactionName,
    request: unknown,
    options: TransactOptions = {},
  ): Promise<never> => {
    calls.push({ name, organizations: options.organizations });
    options.signal?.throwIfAborted();
    const scripted = answers[name];
    if (scripted === undefined) throw new Error(`no answer for ${name}`);
    return (await scripted(request as never, options)) as never;
  };
  const ledger: Ledger = {
    mspId: 'HospAMSP',
    userId: 'p.meier',
    evaluate: answer,
    submit: answer,
    events: () => {
      throw new Error('no events here');
    },
  };
  return { ledger, calls };
}
