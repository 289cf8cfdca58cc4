/** Committed state as peers keep it: public values, hashes of private ones, and each owner's values. */
import { createHash } from 'node:crypto';

/** What one simulation read and wrote. Keys of private facts are `collection\n key`. */
export interface Simulation {
  readonly reads: Map<string, string>;
  readonly ranges: Map<string, string>;
  readonly writes: Map<string, Uint8Array | null>;
  readonly hashReads: Map<string, string>;
  readonly privateWrites: Map<string, Uint8Array | null>;
  readonly privateReads: Set<string>;
  events: { name: string; payload: Uint8Array }[];
}

export const newSimulation = (): Simulation => ({
  reads: new Map(),
  ranges: new Map(),
  writes: new Map(),
  hashReads: new Map(),
  privateWrites: new Map(),
  privateReads: new Set(),
  events: [],
});

const EMPTY = new Uint8Array(0);

export class World {
  readonly #state = new Map<string, Uint8Array>();
  readonly #hashes = new Map<string, Uint8Array>();
  readonly #values = new Map<string, Uint8Array>();

  copy(): World {
    const copy = new World();
    for (const [key, value] of this.#state) copy.#state.set(key, value);
    for (const [address, hash] of this.#hashes) copy.#hashes.set(address, hash);
    for (const [address, value] of this.#values) copy.#values.set(address, value);
    return copy;
  }

  get(key: string): Uint8Array {
    return this.#state.get(key) ?? EMPTY;
  }

  /** Facts with `start <= key < end`, in the byte order of their keys, as LevelDB has them. */
  range(start: string, end: string): { key: string; value: Uint8Array }[] {
    return [...this.#state]
      .map(([key, value]) => ({ key, value, bytes: Buffer.from(key) }))
      .filter(({ bytes }) => bytes.compare(Buffer.from(start)) >= 0)
      .filter(({ bytes }) => bytes.compare(Buffer.from(end)) < 0)
      .sort((a, b) => a.bytes.compare(b.bytes))
      .map(({ key, value }) => ({ key, value }));
  }

  privateHash(address: string): Uint8Array {
    return this.#hashes.get(address) ?? EMPTY;
  }

  /** Only a peer of the owner has the value. Throws as such a peer does that has only the hash. */
  privateValue(address: string): Uint8Array {
    const value = this.#values.get(address);
    if (value === undefined && this.#hashes.has(address)) {
      throw new Error(
        'GET_STATE failed: private data matching public hash version is not available',
      );
    }
    return value ?? EMPTY;
  }

  /** As where all peers of an organization are made anew from the blocks: the hashes stay. */
  loseValuesOf(collection: string): void {
    for (const address of this.privateAddresses()) {
      if (address.startsWith(collection)) this.#values.delete(address);
    }
  }

  commit({ writes, privateWrites }: Simulation): void {
    for (const [key, value] of writes) {
      if (value === null) this.#state.delete(key);
      else this.#state.set(key, value);
    }
    for (const [address, value] of privateWrites) {
      if (value === null) {
        this.#hashes.delete(address);
        this.#values.delete(address);
      } else {
        this.#hashes.set(address, createHash('sha256').update(value).digest());
        this.#values.set(address, value);
      }
    }
  }

  /** What an operator with the peer's disk could do: replace a fragment, hash and all. */
  overwritePrivate(address: string, value: Uint8Array): void {
    const simulation = newSimulation();
    simulation.privateWrites.set(address, value);
    this.commit(simulation);
  }

  privateAddresses(): string[] {
    return [...this.#values.keys()];
  }
}
