/**
 * Events of committed transactions, in order, each once, from a checkpoint on.
 *
 * @module
 */
import type { Checkpoint, LedgerEvent } from '@emr-share/gateway-client';
import { AuditEntry, EmrError, parseJson } from '@emr-share/model';
import { transactionIdOf } from '../endorsement/proposal.js';
import type { Peer } from '../peer.js';
import { transactionsOf, type Envelope, type StoredBlock } from './block.js';
import { readBlock } from './catch-up.js';
import type { HeightSignal } from './height-signal.js';

/**
 * Replays what was committed after `after`, then goes on as blocks come. A block is read only when
 * the consumer asks for more, so a slow consumer costs nothing but time.
 *
 * @param ending - Ends the stream when it aborts.
 * @throws EmrError `INPUT_INVALID` for a checkpoint of another chain, `LEDGER_CORRUPT`.
 */
export async function* eventsAfter(
  peer: Peer,
  after: Checkpoint,
  heights: HeightSignal,
  ending: AbortSignal,
): AsyncGenerator<LedgerEvent, void, undefined> {
  const isEnding = (): boolean => ending.aborted;
  let { transactionId } = after;
  for (let number = after.blockNumber; ; number++) {
    while (peer.copy.publishedHead.height <= number && !isEnding()) await heights.next(ending);
    if (isEnding()) return;
    for (const event of eventsOf(readBlock(peer, number), transactionId)) {
      yield event;
      if (isEnding()) return;
    }
    transactionId = undefined;
  }
}

function eventsOf(block: StoredBlock, afterId: string | undefined): LedgerEvent[] {
  const transactions = [...transactionsOf(block).entries()].map(([position, envelope]) => ({
    envelope,
    code: block.codes[position],
    transactionId: transactionIdOf(envelope.proposal),
  }));
  const last = transactions.findLastIndex(({ transactionId }) => transactionId === afterId);
  if (afterId !== undefined && last < 0) {
    const problem = `block ${block.header.number} has no transaction ${afterId}`;
    throw new EmrError('INPUT_INVALID', { what: 'the checkpoint', problem });
  }
  return transactions
    .slice(last + 1)
    .flatMap(({ envelope, code, transactionId }) =>
      code === 'VALID' ? eventOf(envelope, block.header.number, transactionId) : [],
    );
}

function eventOf({ result }: Envelope, blockNumber: number, transactionId: string): LedgerEvent[] {
  if (result.event === undefined) return [];
  const text = Buffer.from(result.event.payload, 'base64').toString();
  const entry = parseJson(AuditEntry, text, 'the event');
  return [{ entry, blockNumber, transactionId, checkpoint: { blockNumber, transactionId } }];
}
