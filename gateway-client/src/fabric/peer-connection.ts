/**
 * One peer's own copy of the ledger, block by block. A gateway may pass a query on to another peer;
 * blocks are delivered by the very peer that is asked.
 *
 * @module
 */
import type { CloseableAsyncIterable } from '@hyperledger/fabric-gateway';
import { common } from '@hyperledger/fabric-protos';
import type { Identity } from '../ports/identity.js';
import { orAborted } from '../time-limit.js';
import type { PeerEndpoint } from './connection-profile.js';
import { fromFabricError } from './fabric-error.js';
import { DEFAULT_DEADLINES, openConnection, type Connection } from './gateway-pool.js';

export class PeerConnection implements Disposable {
  readonly peer: PeerEndpoint;
  readonly #channel: string;
  readonly #connection: Connection;

  /** Connects when it is first used. */
  constructor(peer: PeerEndpoint, identity: Identity, channel: string) {
    this.peer = peer;
    this.#channel = channel;
    this.#connection = openConnection(peer, identity, DEFAULT_DEADLINES);
  }

  /**
   * Number of blocks in the ledger of this peer, or of another one of its organization that has more.
   *
   * @throws EmrError `LEDGER_UNAVAILABLE`.
   */
  async height(signal?: AbortSignal): Promise<number> {
    const system = this.#network().getContract('qscc');
    const call = system.evaluateTransaction('GetChainInfo', this.#channel);
    try {
      const bytes = await orAborted(call, signal);
      return common.BlockchainInfo.deserializeBinary(bytes).getHeight();
    } catch (error) {
      signal?.throwIfAborted();
      throw fromFabricError(error);
    }
  }

  /**
   * This peer's blocks from `first` on; waits for those to come.
   *
   * @throws EmrError `LEDGER_UNAVAILABLE` when the peer ends.
   */
  blocks(first: number, signal: AbortSignal): AsyncGenerator<common.Block, void, undefined> {
    const startBlock = BigInt(first);
    return follow(this.#network().getBlockEvents({ startBlock }), signal);
  }

  /** The numbers of {@link blocks}, without their content. */
  async *blockNumbers(first: number, signal: AbortSignal): AsyncGenerator<number, void, undefined> {
    const opened = this.#network().getFilteredBlockEvents({ startBlock: BigInt(first) });
    for await (const block of follow(opened, signal)) yield block.getNumber();
  }

  [Symbol.dispose](): void {
    this.#connection.gateway.close();
    this.#connection.client.close();
  }

  #network(): ReturnType<Connection['gateway']['getNetwork']> {
    return this.#connection.gateway.getNetwork(this.#channel);
  }
}

async function* follow<T>(
  opened: Promise<CloseableAsyncIterable<T>>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const stream = await opened;
  const items = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await orAborted(items.next(), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw fromFabricError(error);
  } finally {
    stream.close();
  }
}
