/**
 * The chaincode stub over a {@link World}, with Fabric's semantics: reads never see own writes, a
 * missing key reads as empty bytes, an iterator that is left open is a fault, and another
 * organization's private values cannot be read.
 */
import type { ChaincodeStub, Iterators } from '../../src/fabric.js';
import type { Simulation, World } from './world.js';

const MAX_RUNE = '\u{10ffff}';

export interface Proposal {
  readonly transactionId: string;
  readonly creator: { readonly mspid: string; readonly idBytes: Uint8Array };
  readonly timestampMs: number;
  readonly args: readonly string[];
  readonly transient: ReadonlyMap<string, Uint8Array>;
}

export interface TestStub {
  readonly stub: ChaincodeStub;
  /** Iterators that the contract forgot. */
  readonly openIterators: () => number;
}

type Seconds = ReturnType<ChaincodeStub['getTxTimestamp']>['seconds'];

/** What contracts use of a `Long`. */
const longOf = (value: number): Seconds => ({ toNumber: () => value }) as unknown as Seconds;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export function createStub(
  world: World,
  mspId: string,
  proposal: Proposal,
  simulation: Simulation,
): TestStub {
  let open = 0;

  const iterate = (
    facts: readonly { key: string; value: Uint8Array }[],
  ): Iterators.StateQueryIterator => {
    let next = 0;
    let closed = false;
    open += 1;
    return {
      next: () => {
        if (closed) throw new Error('the iterator is closed');
        const fact = facts[next];
        next += 1;
        return Promise.resolve(
          fact === undefined
            ? ({ done: true } as Iterators.NextResult<Iterators.KV>)
            : { done: false, value: { namespace: 'emr', ...fact } },
        );
      },
      close: () => {
        if (!closed) open -= 1;
        closed = true;
        return Promise.resolve();
      },
    };
  };

  const compositeKey = (objectType: string, attributes: string[]): string => {
    for (const part of [objectType, ...attributes]) {
      if (part === '' || part.includes('\0')) throw new Error('invalid part of a composite key');
    }
    return `\0${[objectType, ...attributes].map((part) => `${part}\0`).join('')}`;
  };

  const own = (collection: string): void => {
    if (collection !== `_implicit_org_${mspId}`) {
      throw new Error(`private data of ${collection} is not to be had on a peer of ${mspId}`);
    }
  };
  const address = (collection: string, key: string): string => `${collection}\n${key}`;

  const methods: Partial<ChaincodeStub> & { getBufferArgs(): Buffer[] } = {
    getBufferArgs: () => proposal.args.map((arg) => Buffer.from(arg)),
    getFunctionAndParameters: () => ({
      fcn: proposal.args[0] ?? '',
      params: proposal.args.slice(1),
    }),
    getTxID: () => proposal.transactionId,
    getChannelID: () => 'emr',
    getCreator: () => proposal.creator,
    getMspID: () => mspId,
    getTransient: () => new Map(proposal.transient),
    getTxTimestamp: () => ({
      seconds: longOf(Math.floor(proposal.timestampMs / 1000)),
      nanos: (proposal.timestampMs % 1000) * 1_000_000,
    }),
    setEvent: (name, payload) => {
      simulation.events = [{ name, payload }];
    },
    createCompositeKey: compositeKey,
    splitCompositeKey: (key) => {
      const [objectType = '', ...attributes] = key.slice(1, -1).split('\0');
      return { objectType, attributes };
    },
    getState: (key) => {
      const value = world.get(key);
      simulation.reads.set(key, hex(value));
      return Promise.resolve(Buffer.from(value));
    },
    putState: (key, value) => {
      if (value.length === 0) throw new Error('an empty value reads as a missing one');
      simulation.writes.set(key, Uint8Array.from(value));
      return Promise.resolve();
    },
    deleteState: (key) => {
      simulation.writes.set(key, null);
      return Promise.resolve();
    },
    getStateByPartialCompositeKey: ((objectType: string, attributes: string[]) => {
      const start = compositeKey(objectType, attributes);
      const facts = world.range(start, start + MAX_RUNE);
      simulation.ranges.set(start, facts.map(({ key }) => key).join());
      return Promise.resolve(iterate(facts));
    }) as ChaincodeStub['getStateByPartialCompositeKey'],
    // Like LevelDB behind a peer: a bookmark is the key to begin at, wherever that is.
    getStateByPartialCompositeKeyWithPagination: ((
      objectType: string,
      attributes: string[],
      pageSize: number,
      bookmark?: string,
    ) => {
      const prefix = compositeKey(objectType, attributes);
      const facts = world.range(
        bookmark === undefined || bookmark === '' ? prefix : bookmark,
        prefix + MAX_RUNE,
      );
      const page = facts.slice(0, pageSize);
      const metadata = { fetchedRecordsCount: page.length, bookmark: facts[pageSize]?.key ?? '' };
      // As fabric-shim: no metadata with an empty page.
      return Promise.resolve({
        iterator: iterate(page),
        ...(page.length === 0 ? {} : { metadata }),
      });
    }) as ChaincodeStub['getStateByPartialCompositeKeyWithPagination'],
    getPrivateData: async (collection, key) => {
      own(collection);
      simulation.privateReads.add(address(collection, key));
      return Promise.resolve(Buffer.from(world.privateValue(address(collection, key))));
    },
    getPrivateDataHash: (collection, key) => {
      const hash = world.privateHash(address(collection, key));
      simulation.hashReads.set(address(collection, key), hex(hash));
      return Promise.resolve(Buffer.from(hash));
    },
    putPrivateData: (collection, key, value) => {
      own(collection);
      simulation.privateWrites.set(address(collection, key), Uint8Array.from(value));
      return Promise.resolve();
    },
    purgePrivateData: (collection, key) => {
      own(collection);
      simulation.privateWrites.set(address(collection, key), null);
      return Promise.resolve();
    },
  };
  return { stub: methods as ChaincodeStub, openIterators: () => open };
}
