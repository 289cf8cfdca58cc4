/**
 * What the valid transactions of one block change, in order.
 *
 * @module
 */
import type { HashedWrite, ReadWriteSet, Version } from '../endorsement/read-write-set.js';
import { privateKey } from './tables.js';
import type { Versioned } from './versioned.js';

/** `null` where the block deletes. */
export type Update = Versioned | null;

/** Updates of the public state and of the hashes of private values. */
export class BlockUpdates {
  readonly #state = new Map<string, Update>();
  readonly #hashes = new Map<string, Update>();
  #hasPurge = false;

  /** Keys of the public state that change. */
  get state(): ReadonlyMap<string, Update> {
    return this.#state;
  }

  /** Keys of table `hashes` that change. */
  get hashes(): ReadonlyMap<string, Update> {
    return this.#hashes;
  }

  /** Whether private values go for good. */
  get hasPurge(): boolean {
    return this.#hasPurge;
  }

  /** Adds the writes of a transaction that was found valid. */
  add({ writes, collections }: ReadWriteSet, version: Version): void {
    for (const { key, value } of writes) {
      this.#state.set(
        key,
        value === null ? null : { version, value: Buffer.from(value, 'base64') },
      );
    }
    for (const { collection, writes: hashed } of collections) {
      for (const write of hashed) this.#addHashed(collection, write, version);
    }
  }

  #addHashed(collection: string, write: HashedWrite, version: Version): void {
    const { keySha256, valueSha256, purge = false } = write;
    this.#hashes.set(
      privateKey(collection, keySha256),
      valueSha256 === null ? null : { version, value: Buffer.from(valueSha256, 'hex') },
    );
    this.#hasPurge ||= purge;
  }
}
