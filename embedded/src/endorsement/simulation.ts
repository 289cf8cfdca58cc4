/**
 * One simulation: collects what a contract reads and would write, and changes nothing.
 *
 * @module
 */
import { sha256Hex } from '../hash.js';
import type { StateView } from '../ledger/state-view.js';
import type {
  HashedWrite,
  PrivateWrite,
  RangeRead,
  ReadWriteSet,
  Version,
} from './read-write-set.js';

/** A key and its value, as a range gives them. */
export interface SimulatedEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

/** What a simulation would change. */
export interface SimulatedWrites {
  readonly rwSet: ReadWriteSet;
  readonly privateWrites: readonly PrivateWrite[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface CollectionRecord {
  readonly reads: Map<string, Version | null>;
  readonly writes: Map<string, HashedWrite>;
}

/** Reads show the committed state only, never this simulation's own writes, as in Fabric. */
export class Simulation {
  readonly #view: StateView;
  readonly #reads = new Map<string, Version | null>();
  readonly #ranges: Mutable<RangeRead>[] = [];
  readonly #writes = new Map<string, string | null>();
  readonly #collections = new Map<string, CollectionRecord>();
  readonly #privateWrites = new Map<string, PrivateWrite>();
  #hasPaged = false;

  constructor(view: StateView) {
    this.#view = view;
  }

  read(key: string): Uint8Array | undefined {
    const found = this.#view.get(key);
    this.#reads.set(key, found?.version ?? null);
    return found?.value;
  }

  /** Reads a range, recording every entry as it is taken. */
  async *readRange(start: string, end: string): AsyncGenerator<SimulatedEntry, void, undefined> {
    const record: Mutable<RangeRead> = { start, end: start, exhausted: false, results: [] };
    this.#ranges.push(record);
    for await (const { key, value, version } of this.#view.range(start, end)) {
      record.results.push({ key, version });
      record.end = key;
      yield { key, value };
    }
    record.end = end;
    record.exhausted = true;
  }

  /** Reads a page. The range is not guarded against phantoms, so nothing may be written after it. */
  async readPage(
    start: string,
    end: string,
    pageSize: number,
  ): Promise<{ entries: SimulatedEntry[]; bookmark: string }> {
    this.#hasPaged = true;
    this.#refuseWritesAfterPages();
    const entries: SimulatedEntry[] = [];
    for await (const { key, value } of this.#view.range(start, end)) {
      if (entries.length === pageSize) return { entries, bookmark: key };
      entries.push({ key, value });
    }
    return { entries, bookmark: '' };
  }

  write(key: string, value: Uint8Array | null): void {
    this.#writes.set(key, value === null ? null : base64(value));
    this.#refuseWritesAfterPages();
  }

  /** SHA-256 of a private value of any organization. */
  readPrivateHash(collection: string, key: string): Uint8Array | undefined {
    const keySha256 = sha256Hex(key);
    const found = this.#view.hash(collection, keySha256);
    this.#collection(collection).reads.set(keySha256, found?.version ?? null);
    return found?.value;
  }

  /**
   * A private value in clear.
   *
   * @throws Error where the value exists but this organization does not hold it, in Fabric's words.
   */
  readPrivate(collection: string, key: string): Uint8Array | undefined {
    const hash = this.readPrivateHash(collection, key);
    const value = this.#view.privateValue(collection, key);
    if (hash === undefined) return undefined;
    if (value === undefined) {
      throw new Error('private data matching public hash version is not available');
    }
    return value;
  }

  writePrivate(collection: string, key: string, value: Uint8Array | null): void {
    this.#recordPrivateWrite(collection, key, value, false);
  }

  purgePrivate(collection: string, key: string): void {
    this.#recordPrivateWrite(collection, key, null, true);
  }

  /** What was collected, in an order that does not depend on the contract's. */
  finish(): SimulatedWrites {
    const byKey = <T>(entries: Iterable<[string, T]>): [string, T][] =>
      [...entries].sort(([a], [b]) => compare(a, b));
    const rwSet: ReadWriteSet = {
      reads: byKey(this.#reads).map(([key, version]) => ({ key, version })),
      ranges: this.#ranges.map((range) => ({ ...range })),
      writes: byKey(this.#writes).map(([key, value]) => ({ key, value })),
      collections: byKey(this.#collections).map(([collection, { reads, writes }]) => ({
        collection,
        reads: byKey(reads).map(([keySha256, version]) => ({ keySha256, version })),
        writes: byKey(writes).map(([, write]) => write),
      })),
    };
    return { rwSet, privateWrites: [...this.#privateWrites.values()] };
  }

  #recordPrivateWrite(
    collection: string,
    key: string,
    value: Uint8Array | null,
    isPurge: boolean,
  ): void {
    const keySha256 = sha256Hex(key);
    this.#collection(collection).writes.set(keySha256, {
      keySha256,
      valueSha256: value === null ? null : sha256Hex(value),
      ...(isPurge ? { purge: true as const } : {}),
    });
    const clear = { collection, key, value: value === null ? null : base64(value) };
    this.#privateWrites.set(`${collection}\0${key}`, clear);
    this.#refuseWritesAfterPages();
  }

  #collection(name: string): CollectionRecord {
    const known = this.#collections.get(name);
    if (known !== undefined) return known;
    const record: CollectionRecord = { reads: new Map(), writes: new Map() };
    this.#collections.set(name, record);
    return record;
  }

  #refuseWritesAfterPages(): void {
    if (this.#hasPaged && this.#writes.size + this.#privateWrites.size > 0) {
      throw new Error('paginated queries are supported in read-only transactions only');
    }
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
