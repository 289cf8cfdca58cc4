/**
 * The state of one copy at one height. What is committed meanwhile does not show.
 *
 * @module
 */
import type { Snapshot } from 'classic-level';
import { privateKey, type TableName, type Tables } from './tables.js';
import { decodeVersioned, type Versioned } from './versioned.js';

export interface StateEntry extends Versioned {
  readonly key: string;
}

/** What simulation and validation read. */
export class StateView {
  readonly #tables: Tables;
  readonly #snapshot: Snapshot | undefined;

  /** @param snapshot - Left out: whatever is committed at the moment of reading. */
  constructor(tables: Tables, snapshot?: Snapshot) {
    this.#tables = tables;
    this.#snapshot = snapshot;
  }

  get(key: string): Versioned | undefined {
    return decoded(this.#tables.state.getSync(key, this.#options()));
  }

  /** Version and SHA-256 of a private value, of whatever organization. */
  hash(collection: string, keySha256: string): Versioned | undefined {
    return decoded(this.#tables.hashes.getSync(privateKey(collection, keySha256), this.#options()));
  }

  /** A private value in clear; only in the copy of the organization that owns the collection. */
  privateValue(collection: string, key: string): Uint8Array | undefined {
    return this.#tables.private.getSync(privateKey(collection, key), this.#options());
  }

  /** Entries from `start` to before `end`, in UTF-8 order of keys; an empty `end` has no limit. */
  async *range(start: string, end: string): AsyncGenerator<StateEntry, void, undefined> {
    const bounds = { gte: start, ...(end === '' ? {} : { lt: end }), ...this.#options() };
    for await (const [key, bytes] of this.#tables.state.iterator(bounds)) {
      yield { key, ...decodeVersioned(bytes) };
    }
  }

  /** Every entry of a table as it lies on disk, in key order. */
  entries(name: TableName): AsyncIterable<[key: string, value: Uint8Array]> {
    return this.#tables[name].iterator(this.#options());
  }

  #options(): { snapshot?: Snapshot } {
    return this.#snapshot === undefined ? {} : { snapshot: this.#snapshot };
  }
}

function decoded(bytes: Uint8Array | undefined): Versioned | undefined {
  return bytes === undefined ? undefined : decodeVersioned(bytes);
}
