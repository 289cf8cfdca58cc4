/**
 * Chaincode events as the ledger port gives them: in order, each once, from a checkpoint on, also
 * when the peer that gives them restarts or another one takes over.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ChaincodeEvent, CloseableAsyncIterable, Gateway } from '@hyperledger/fabric-gateway';
import { common } from '@hyperledger/fabric-protos';
import { AuditEntry, EmrError, parseJson } from '@emr-share/model';
import type { Checkpoint, LedgerEvent } from '../ports/ledger.js';
import { orAborted } from '../time-limit.js';
import { fromFabricError } from './fabric-error.js';
import type { GatewayPool } from './gateway-pool.js';

/** Pause before a broken stream is taken up again. */
const RESUME_AFTER_MS = 250;

export interface EventSource {
  readonly pool: GatewayPool;
  readonly channel: string;
  readonly chaincode: string;
}

/**
 * Follows the events until `ending` aborts. Goes on at the next gateway whenever a stream breaks,
 * for as long as it takes.
 *
 * @param after - Left out: from the block after the newest on, also across the first break.
 * @throws EmrError `CERTIFICATE_REFUSED` where the caller may not listen.
 */
export async function* fabricEvents(
  source: EventSource,
  after: Checkpoint | undefined,
  ending: AbortSignal,
): AsyncGenerator<LedgerEvent, void, undefined> {
  const isEnding = (): boolean => ending.aborted;
  let checkpoint = after;
  while (!isEnding()) {
    try {
      const gateway = await source.pool.ready(ending);
      checkpoint ??= await untilBroken(source, gateway, nextBlock(source, gateway));
      for await (const event of follow(source, gateway, checkpoint, ending)) {
        checkpoint = event.checkpoint;
        yield event;
      }
    } catch (error) {
      if (isEnding()) return;
      if (!EmrError.is(error, 'LEDGER_UNAVAILABLE')) throw error;
      await delay(RESUME_AFTER_MS, undefined, { signal: ending }).catch(() => undefined);
    }
  }
}

async function* follow(
  source: EventSource,
  gateway: Gateway,
  after: Checkpoint,
  ending: AbortSignal,
): AsyncGenerator<LedgerEvent, void, undefined> {
  const stream = await untilBroken(source, gateway, openStream(source, gateway, after));
  const events = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = orAborted(events.next(), ending);
      const result = await untilBroken(source, gateway, next);
      if (result.done === true) return;
      yield ledgerEvent(result.value);
    }
  } finally {
    stream.close();
  }
}

function openStream(
  { channel, chaincode }: EventSource,
  gateway: Gateway,
  { blockNumber, transactionId }: Checkpoint,
): Promise<CloseableAsyncIterable<ChaincodeEvent>> {
  return gateway.getNetwork(channel).getChaincodeEvents(chaincode, {
    checkpoint: {
      getBlockNumber: () => BigInt(blockNumber),
      getTransactionId: () => transactionId,
    },
  });
}

/** The number that the next block will have. */
async function nextBlock({ channel }: EventSource, gateway: Gateway): Promise<Checkpoint> {
  const system = gateway.getNetwork(channel).getContract('qscc');
  const bytes = await system.evaluateTransaction('GetChainInfo', channel);
  return { blockNumber: common.BlockchainInfo.deserializeBinary(bytes).getHeight() };
}

function ledgerEvent({ blockNumber, transactionId, payload }: ChaincodeEvent): LedgerEvent {
  const number = Number(blockNumber);
  return {
    entry: parseJson(AuditEntry, new TextDecoder().decode(payload), 'the event'),
    blockNumber: number,
    transactionId,
    checkpoint: { blockNumber: number, transactionId },
  };
}

/** With our errors, and another gateway next time where this one does not answer. */
async function untilBroken<T>(
  { pool }: EventSource,
  gateway: Gateway,
  call: Promise<T>,
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const ours = fromFabricError(error);
    if (EmrError.is(ours, 'LEDGER_UNAVAILABLE')) pool.moveOn(gateway);
    throw ours;
  }
}
