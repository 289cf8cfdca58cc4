import { status } from '@grpc/grpc-js';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { common, type gateway as protos } from '@hyperledger/fabric-protos';
import type { Checkpoint, Identity } from '@emr-share/gateway-client';
import { FabricLedger } from '@emr-share/gateway-client/fabric';
import {
  blockOfEvents,
  deadEndpoint,
  evaluatedBytes,
  FakeGateway,
  type TlsFiles,
} from './fake-gateway.js';
import { identity, tlsFiles } from './identities.js';

/** Blocks 3 and 4 of a chain, as a peer gives them from a position on. */
const CHAIN: readonly (readonly [number, readonly string[]])[] = [
  [3, ['a', 'b']],
  [4, ['c', 'd', 'e']],
];

function blocksAfter(request: protos.ChaincodeEventsRequest): protos.ChaincodeEventsResponse[] {
  const from = request.getStartPosition()?.getSpecified()?.getNumber() ?? Infinity;
  const after = request.getAfterTransactionId();
  return CHAIN.filter(([number]) => number >= from).map(([number, ids]) =>
    blockOfEvents(number, number === from ? ids.slice(ids.indexOf(after) + 1) : ids),
  );
}

function broken(code: number): Error {
  return Object.assign(new Error('broken'), { code, details: 'broken' });
}

const forEver = (): Promise<never> => new Promise(() => undefined);

describe('the events of the Fabric ledger', () => {
  let tls: TlsFiles;
  let caller: Identity;
  const stop: (() => void)[] = [];

  beforeAll(async () => {
    tls = await tlsFiles();
    caller = await identity({ 'emr.user': 'dr.meier' });
  });
  afterEach(() => {
    for (const one of stop.splice(0).reverse()) one();
  });

  type Events = (
    request: protos.ChaincodeEventsRequest,
  ) => AsyncGenerator<protos.ChaincodeEventsResponse, void>;

  async function ledgerOver(...behaviours: (Events | null)[]): Promise<FabricLedger> {
    const info = new common.BlockchainInfo();
    info.setHeight(4);
    const gateways = await Promise.all(
      behaviours.map(async (events) => {
        if (events === null) return deadEndpoint(tls);
        const evaluate = () => evaluatedBytes(info.serializeBinary());
        const gateway = await FakeGateway.start(tls, { events, evaluate });
        stop.push(() => {
          gateway.stop();
        });
        return gateway.endpoint;
      }),
    );
    const ledger = new FabricLedger({ identity: caller, gateways, deadlines: { connectMs: 500 } });
    stop.push(() => {
      ledger.close();
    });
    return ledger;
  }

  async function take(ledger: FabricLedger, count: number, after?: Checkpoint): Promise<string[]> {
    const ids: string[] = [];
    for await (const { transactionId } of ledger.events({ after })) {
      ids.push(transactionId);
      if (ids.length === count) break;
    }
    return ids;
  }

  async function* whole(
    request: protos.ChaincodeEventsRequest,
  ): AsyncGenerator<protos.ChaincodeEventsResponse, void> {
    yield* blocksAfter(request);
    await forEver();
  }

  /** Gives the first block that has events, then breaks. */
  async function* breaking(
    request: protos.ChaincodeEventsRequest,
  ): AsyncGenerator<protos.ChaincodeEventsResponse, void> {
    const first = blocksAfter(request).find((block) => block.getEventsList().length > 0);
    if (first !== undefined) yield first;
    await Promise.resolve();
    throw broken(status.UNAVAILABLE);
  }

  it('begin after a checkpoint', async () => {
    const ledger = await ledgerOver(whole);
    expect(await take(ledger, 5, { blockNumber: 3 })).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await take(ledger, 4, { blockNumber: 3, transactionId: 'a' })).toEqual([
      'b',
      'c',
      'd',
      'e',
    ]);
  });

  it('begin with the next block without a checkpoint', async () => {
    expect(await take(await ledgerOver(whole), 3)).toEqual(['c', 'd', 'e']);
  });

  it('go on without a gap and without a repeat when a stream breaks', async () => {
    const ledger = await ledgerOver(breaking);
    expect(await take(ledger, 5, { blockNumber: 3 })).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('go on at another gateway, past one that is down', async () => {
    let asked = 0;
    const first: Events = (request) => {
      asked += 1;
      return breaking(request);
    };
    const ledger = await ledgerOver(first, null, whole);
    expect(await take(ledger, 5, { blockNumber: 3 })).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(asked).toBe(1);
  });

  it('fail where the caller may not listen', async () => {
    async function* refusing(): AsyncGenerator<protos.ChaincodeEventsResponse, void> {
      await Promise.resolve();
      throw broken(status.PERMISSION_DENIED);
    }
    const ledger = await ledgerOver(refusing);
    await expect(take(ledger, 1, { blockNumber: 3 })).rejects.toMatchObject({
      code: 'CERTIFICATE_REFUSED',
    });
  });

  it('end quietly when the ledger is closed', async () => {
    const ledger = await ledgerOver(whole);
    const ids: string[] = [];
    for await (const { transactionId } of ledger.events({ after: { blockNumber: 3 } })) {
      ids.push(transactionId);
      if (ids.length === 5)
        setImmediate(() => {
          ledger.close();
        });
    }
    expect(ids).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
