/**
 * A ledger that is asked for the records of a ticket while the ticket is on its way: over a line on
 * which an answer takes long, the question is at the peer when the ticket is committed there.
 *
 * @module
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from '@emr-share/gateway-client';
import type { MspId, TicketId, TransactionRequest, TransactionResponse } from '@emr-share/model';

type Records = TransactionResponse<'audience:ListRecords'>;

/** From one question to the next. */
const EVERY_MS = 200;

export interface AskingAhead extends Ledger {
  /**
   * Asks for the records of a ticket until there are some, the organizations in turn.
   *
   * @param afterMs - when a ticket can be there at the earliest
   */
  askAhead(
    request: TransactionRequest<'audience:ListRecords'>,
    afterMs: number,
    signal: AbortSignal,
  ): void;
}

interface Repeated<T> {
  /** Gets the number of the question, from 0 on. */
  readonly ask: (turn: number, signal: AbortSignal) => Promise<T>;
  readonly afterMs: number;
  readonly signal: AbortSignal;
}

/** Asks every now and then, whether there are answers or not, until one is good. */
async function askUntilAnswered<T>({ ask, afterMs, signal }: Repeated<T>): Promise<T> {
  const answered = new AbortController();
  const ending = AbortSignal.any([signal, answered.signal]);
  // Many questions wait for it at a time.
  setMaxListeners(0, ending);
  try {
    return await new Promise<T>((resolve, reject) => {
      const asking = async (): Promise<void> => {
        if (afterMs > 0) await delay(afterMs, undefined, { signal: ending });
        for (let turn = 0; ; turn += 1) {
          // Refused: not there yet, not at this peer, or a peer that is gone; the next one is on its way.
          ask(turn, ending).then(resolve, () => undefined);
          await delay(EVERY_MS, undefined, { signal: ending });
        }
      };
      asking().catch(reject);
    });
  } finally {
    answered.abort();
  }
}

/**
 * Gives the answers that were asked for ahead, and passes everything else on.
 *
 * @param organizations - asked for records, in turn; at least one
 */
export function askingAhead(ledger: Ledger, organizations: readonly MspId[]): AskingAhead {
  const answers = new Map<TicketId, Promise<Records>>();
  return {
    mspId: ledger.mspId,
    userId: ledger.userId,
    askAhead: (request, afterMs, signal) => {
      const answer = askUntilAnswered({
        ask: (turn, asking) =>
          ledger.evaluate('audience:ListRecords', request, {
            organizations: organizations.slice(turn % organizations.length).slice(0, 1),
            signal: asking,
          }),
        afterMs,
        signal,
      });
      answer.catch(() => undefined);
      answers.set(request.ticketId, answer);
    },
    evaluate: async (name, request, options) => {
      const { ticketId, bookmark } = request as { ticketId?: string; bookmark?: string };
      const known = answers.get(ticketId ?? '');
      if (name === 'audience:ListRecords' && known !== undefined && bookmark === undefined) {
        return known;
      }
      return ledger.evaluate(name, request, options);
    },
    submit: (name, request, options) => ledger.submit(name, request, options),
    events: (options) => ledger.events(options),
  };
}
