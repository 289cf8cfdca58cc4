/**
 * A ledger that is asked for the records of a ticket while the ticket is on its way: over a line on
 * which an answer takes long, the question is at the peer when the ticket is committed there.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from '@emr-share/gateway-client';
import type { TicketId, TransactionRequest, TransactionResponse } from '@emr-share/model';

type Records = TransactionResponse<'audience:ListRecords'>;

/** From the first question on. */
const EVERY_MS = 150;

export interface AskingAhead extends Ledger {
  /**
   * Asks for the records of a ticket until there are some.
   *
   * @param afterMs - when a ticket can be there at the earliest
   */
  askAhead(
    request: TransactionRequest<'audience:ListRecords'>,
    afterMs: number,
    signal: AbortSignal,
  ): void;
}

/** Gives the answers that were asked for ahead, and passes everything else on. */
export function askingAhead(ledger: Ledger): AskingAhead {
  const answers = new Map<TicketId, Promise<Records>>();
  const ask = async (
    request: TransactionRequest<'audience:ListRecords'>,
    afterMs: number,
    signal: AbortSignal,
  ): Promise<Records> => {
    const answered = new AbortController();
    const ending = AbortSignal.any([signal, answered.signal]);
    return new Promise((resolve, reject) => {
      const asking = async (): Promise<void> => {
        await delay(afterMs, undefined, { signal: ending });
        for (;;) {
          ledger.evaluate('audience:ListRecords', request, { signal: ending }).then(
            (records) => {
              resolve(records);
              answered.abort();
            },
            // Not there yet, or not at this peer; the next question is on its way.
            () => undefined,
          );
          await delay(EVERY_MS, undefined, { signal: ending });
        }
      };
      asking().catch(reject);
    });
  };
  return {
    mspId: ledger.mspId,
    userId: ledger.userId,
    askAhead: (request, afterMs, signal) => {
      const answer = ask(request, afterMs, signal);
      answer.catch(() => undefined);
      answers.set(request.ticketId, answer);
    },
    evaluate: async (name, request, options) => {
      const { ticketId, bookmark } = request as { ticketId?: string; bookmark?: string };
      const known = answers.get(ticketId ?? '');
      if (name !== 'audience:ListRecords' || known === undefined || bookmark !== undefined) {
        return ledger.evaluate(name, request, options);
      }
      return known;
    },
    submit: (name, request, options) => ledger.submit(name, request, options),
    events: (options) => ledger.events(options),
  };
}
