/**
 * The stub that contracts get: fabric-shim's own, over a simulation in place of a peer. Keys,
 * iterators and argument checks are therefore the real ones.
 *
 * @module
 */
import type { Iterators, StateQueryResponse } from 'fabric-shim';
import { transactionIdOf, type Proposal } from './proposal.js';
import { ShimStub } from './shim.js';
import type { SimulatedEntry, Simulation } from './simulation.js';
import type { TransientData } from './transient-data.js';

const EMPTY = Buffer.alloc(0);
const AFTER_EVERY_KEY = '\u{10ffff}';

/** Event that a contract set; the last one counts. */
export interface SimulatedEvent {
  readonly name: string;
  /** Base64. */
  readonly payload: string;
}

type Pages = Promise<StateQueryResponse<Iterators.StateQueryIterator>> &
  AsyncIterable<Iterators.KV>;
type PageMetadata = StateQueryResponse<Iterators.StateQueryIterator>['metadata'];

/** What the stub asks of a peer: the names are those of the shim's message handler. */
class PeerHandler {
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  handleGetState(collection: string, key: string): Promise<Buffer> {
    return answer(() =>
      collection === ''
        ? this.#simulation.read(key)
        : this.#simulation.readPrivate(collection, key),
    );
  }

  handlePutState(collection: string, key: string, value: Uint8Array): Promise<Buffer> {
    return answer(() => {
      if (collection === '') this.#simulation.write(namedKey(key), value);
      else this.#simulation.writePrivate(collection, key, value);
      return undefined;
    });
  }

  handleDeleteState(collection: string, key: string): Promise<Buffer> {
    return answer(() => {
      if (collection === '') this.#simulation.write(namedKey(key), null);
      else this.#simulation.writePrivate(collection, key, null);
      return undefined;
    });
  }

  handlePurgeState(collection: string, key: string): Promise<Buffer> {
    return answer(() => {
      this.#simulation.purgePrivate(collection, key);
      return undefined;
    });
  }

  handleGetPrivateDataHash(collection: string, key: string): Promise<Buffer> {
    return answer(() => this.#simulation.readPrivateHash(collection, key));
  }

  handleGetStateByRange(
    _collection: string,
    start: string,
    end: string,
  ): Promise<{ iterator: Iterators.StateQueryIterator }> {
    return Promise.resolve({ iterator: iteratorOver(this.#simulation.readRange(start, end)) });
  }
}

/** One proposal's stub. */
export class SimulationStub extends ShimStub {
  readonly #mspId: string;
  readonly #simulation: Simulation;
  #event: SimulatedEvent | undefined;

  /** @param mspId - The organization that simulates. */
  constructor(
    mspId: string,
    proposal: Proposal,
    transient: TransientData | undefined,
    simulation: Simulation,
  ) {
    const args = [proposal.transaction, ...proposal.args].map((arg) => Buffer.from(arg));
    super(new PeerHandler(simulation), proposal.channel, transactionIdOf(proposal), {
      getArgsList_asU8: () => args,
    });
    this.#mspId = mspId;
    this.#simulation = simulation;
    Object.assign(this, signedPart(proposal, transient));
  }

  /** The event of the transaction, once the contract has returned. */
  get event(): SimulatedEvent | undefined {
    return this.#event;
  }

  override getMspID(): string {
    return this.#mspId;
  }

  override setEvent(name: string, payload: Uint8Array): void {
    if (typeof name !== 'string' || name === '') {
      throw new Error('Event name must be a non-empty string');
    }
    this.#event = { name, payload: Buffer.from(payload).toString('base64') };
  }

  override getStateByPartialCompositeKeyWithPagination(
    objectType: string,
    attributes: string[],
    pageSize: number,
    bookmark = '',
  ): Pages {
    const start = this.createCompositeKey(objectType, attributes);
    return this.#page(bookmark === '' ? start : bookmark, start + AFTER_EVERY_KEY, pageSize);
  }

  override getStateByRangeWithPagination(
    startKey: string,
    endKey: string,
    pageSize: number,
    bookmark = '',
  ): Pages {
    return this.#page(bookmark === '' ? startKey : bookmark, endKey, pageSize);
  }

  #page(start: string, end: string, pageSize: number): Pages {
    const page = this.#simulation.readPage(start, end, pageSize).then(({ entries, bookmark }) => ({
      iterator: iteratorOver(entries.values()),
      metadata: metadataOf(entries.length, bookmark),
    }));
    return Object.assign(page, {
      async *[Symbol.asyncIterator](): AsyncGenerator<Iterators.KV, void, undefined> {
        const { iterator } = await page;
        for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
          yield next.value;
        }
      },
    });
  }
}

/** What the shim's stub takes from a signed proposal's protobuf. */
function signedPart(proposal: Proposal, transient: TransientData | undefined): object {
  const { creator, timestamp } = proposal;
  const seconds = Math.floor(timestamp / 1000);
  return {
    creator: { mspid: creator.mspId, idBytes: Buffer.from(creator.certificatePem) },
    txTimestamp: {
      getSeconds: () => seconds,
      getNanos: () => (timestamp - seconds * 1000) * 1_000_000,
      toDate: () => new Date(timestamp),
    },
    transientMap: new Map(
      Object.entries(transient?.fields ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes)]),
    ),
  };
}

function namedKey(key: string): string {
  if (key === '') throw new Error('an empty key is not supported');
  return key;
}

/** What the peer would send: the bytes, or none; a refusal as a rejection. */
async function answer(work: () => Uint8Array | undefined): Promise<Buffer> {
  const bytes = await Promise.resolve().then(work);
  return bytes === undefined ? EMPTY : Buffer.from(bytes);
}

function iteratorOver(
  iterator: AsyncIterator<SimulatedEntry> | Iterator<SimulatedEntry>,
): Iterators.StateQueryIterator {
  return {
    next: async () => {
      const next = await iterator.next();
      // As the shim's own iterators: no value at the end, whatever its types say.
      if (next.done === true) return { done: true } as Iterators.NextResult<Iterators.KV>;
      const { key, value } = next.value;
      return { value: { namespace: '', key, value: Buffer.from(value) }, done: false };
    },
    close: async () => {
      await iterator.return?.();
    },
  };
}

/** As fabric-shim gives it: none for an empty page, whatever its types say. */
function metadataOf(fetchedRecordsCount: number, bookmark: string): PageMetadata {
  const isEmpty = fetchedRecordsCount === 0 && bookmark === '';
  return (isEmpty ? undefined : { fetchedRecordsCount, bookmark }) as PageMetadata;
}
