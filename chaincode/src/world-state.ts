/**
 * Typed access to the public state: canonical bytes under composite keys, iterators always closed.
 *
 * @module
 */
import { canonicalBytes, EmrError, type CanonicalValue } from '@emr-share/model';
import type { ChaincodeStub, Iterators } from './fabric.js';
import type { FactKey } from './ledger-keys.js';

/** One fact that a range gave. */
export interface Entry<T> {
  /** The variable parts of its key. */
  readonly parts: readonly string[];
  readonly value: T;
}

/** Where a page begins and how long it is. */
export interface PageRequest {
  readonly pageSize: number;
  readonly bookmark?: string | undefined;
}

/** A page request that may skip the first part of a listing. */
export interface PageFrom<T> extends PageRequest {
  /** Where the first page begins; by default at the first key. */
  readonly from?: FactKey<T>;
}

/** A page; `bookmark` is left out on the last one. */
export interface Page<T> {
  readonly entries: readonly Entry<T>[];
  readonly bookmark?: string;
}

const decoder = new TextDecoder();

/** The state as one transaction sees it: as it was committed, never with this transaction's writes. */
export class WorldState {
  readonly #stub: ChaincodeStub;

  constructor(stub: ChaincodeStub) {
    this.#stub = stub;
  }

  /** The value under a key; `null` where there is none. */
  async get<T>({ type, parts }: FactKey<T>): Promise<T | null> {
    const bytes = await this.#stub.getState(this.#stub.createCompositeKey(type, [...parts]));
    return bytes.length === 0 ? null : (decode(bytes) as T);
  }

  async put<T extends CanonicalValue>({ type, parts }: FactKey<T>, value: T): Promise<void> {
    const key = this.#stub.createCompositeKey(type, [...parts]);
    await this.#stub.putState(key, canonicalBytes(value));
  }

  async delete({ type, parts }: FactKey<unknown>): Promise<void> {
    await this.#stub.deleteState(this.#stub.createCompositeKey(type, [...parts]));
  }

  /** Every fact under a key's leading parts, in key order. In a transaction the range is guarded. */
  async list<T>(prefix: FactKey<T>): Promise<readonly Entry<T>[]> {
    const { type, parts } = prefix;
    return this.#drain(prefix, await this.#stub.getStateByPartialCompositeKey(type, [...parts]));
  }

  /**
   * A page of {@link list}. Queries only: Fabric does not guard paged ranges.
   *
   * @throws EmrError `INPUT_INVALID` for a bookmark of another listing.
   */
  async page<T>(prefix: FactKey<T>, request: PageFrom<T>): Promise<Page<T>> {
    const { iterator, metadata } = await this.#stub.getStateByPartialCompositeKeyWithPagination(
      prefix.type,
      [...prefix.parts],
      request.pageSize,
      this.#start(request),
    );
    const entries = await this.#drain(prefix, iterator);
    const bookmark = bookmarkOf(metadata);
    return bookmark === '' ? { entries } : { entries, bookmark };
  }

  /** To a peer, a bookmark is the key at which to begin. */
  #start<T>({ bookmark, from }: PageFrom<T>): string {
    if (bookmark !== undefined) return bookmark;
    return from === undefined ? '' : this.#stub.createCompositeKey(from.type, [...from.parts]);
  }

  async #drain<T>(
    prefix: FactKey<T>,
    iterator: Iterators.StateQueryIterator,
  ): Promise<readonly Entry<T>[]> {
    const entries: Entry<T>[] = [];
    try {
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        entries.push(this.#entry(prefix, next.value));
      }
    } finally {
      await iterator.close();
    }
    return entries;
  }

  /** A forged bookmark could lead out of the range. */
  #entry<T>(prefix: FactKey<T>, { key, value }: Iterators.KV): Entry<T> {
    const { objectType, attributes: parts } = this.#stub.splitCompositeKey(key);
    if (objectType !== prefix.type || prefix.parts.some((part, i) => parts[i] !== part)) {
      throw new EmrError('INPUT_INVALID', {
        what: 'the bookmark',
        problem: 'it belongs to another listing',
      });
    }
    return { parts, value: decode(value) as T };
  }
}

/** A peer answers an empty page with metadata of no bytes, which the shim takes for none at all. */
function bookmarkOf(metadata: { readonly bookmark: string } | undefined): string {
  return metadata?.bookmark ?? '';
}

/** State is only ever written by these contracts, so its shape is theirs. */
function decode(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes));
}
