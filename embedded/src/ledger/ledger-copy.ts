/**
 * One organization's copy of the ledger on disk: blocks, state, hashes of all private values, its own
 * private values. A block and all that it changes are one synced batch: there after a kill, or not.
 *
 * @module
 */
import { canonicalBytes } from '@emr-share/model';
import * as v from 'valibot';
import { transactionIdOf } from '../endorsement/proposal.js';
import { PrivateWrite } from '../endorsement/read-write-set.js';
import {
  headAfter,
  NO_BLOCK,
  occupiesId,
  StoredBlock,
  transactionsOf,
  type ChainHead,
} from './block.js';
import type { BlockUpdates, Update } from './block-updates.js';
import { privateOperations } from './private-writes.js';
import { SharedSnapshot } from './shared-snapshot.js';
import { StateView } from './state-view.js';
import {
  newDatabase,
  rangeOf,
  tablesOf,
  type Database,
  type Table,
  type Tables,
} from './tables.js';
import { encodeVersioned } from './versioned.js';

const StoredHead = v.strictObject({ height: v.number(), headSha256: v.string() });
const StagedWrites = v.array(PrivateWrite);

/** Where a transaction stands in the chain. */
export const TransactionPlace = v.strictObject({ block: v.number(), position: v.number() });
export type TransactionPlace = v.InferOutput<typeof TransactionPlace>;

/** One change of the database. */
export type Operation =
  | { type: 'put'; sublevel: Table; key: string; value: Uint8Array }
  | { type: 'del'; sublevel: Table; key: string };

/** A state that simulations may read until they release it. */
export interface OpenView {
  readonly view: StateView;
  readonly head: ChainHead;
  readonly release: () => void;
}

/** A copy that is open. */
export class LedgerCopy {
  readonly tables: Tables;
  readonly #database: Database;
  #head: ChainHead;
  #published: SharedSnapshot;
  #publishedHead: ChainHead;
  #earlierClosed: Promise<void> = Promise.resolve();

  private constructor(database: Database, tables: Tables, head: ChainHead) {
    this.#database = database;
    this.tables = tables;
    this.#head = head;
    this.#publishedHead = head;
    this.#published = new SharedSnapshot(database.snapshot());
  }

  static async open(directory: string): Promise<LedgerCopy> {
    const database = newDatabase(directory);
    await database.open();
    try {
      const tables = tablesOf(database);
      const stored = await tables.meta.get('head');
      const head = stored === undefined ? NO_BLOCK : v.parse(StoredHead, parse(stored));
      return new LedgerCopy(database, tables, head);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** Of what is committed, published or not. */
  get head(): ChainHead {
    return this.#head;
  }

  /** Of what simulations and readers of events see. */
  get publishedHead(): ChainHead {
    return this.#publishedHead;
  }

  /** What is committed at the moment of each read. */
  get latest(): StateView {
    return new StateView(this.tables);
  }

  /** The published state, for one simulation. */
  openView(): OpenView {
    const shared = this.#published.acquire();
    return {
      view: new StateView(this.tables, shared.snapshot),
      head: this.#publishedHead,
      release: () => {
        shared.release();
      },
    };
  }

  /**
   * Lets simulations see what has been committed. Copies publish together, so that all simulate at
   * the same height.
   *
   * @returns Settles when nobody reads an earlier state any more.
   */
  publish(): Promise<void> {
    const { closed } = this.#published;
    this.#earlierClosed = this.#earlierClosed.then(() => closed);
    this.#published.release();
    this.#published = new SharedSnapshot(this.#database.snapshot());
    this.#publishedHead = this.#head;
    return this.#earlierClosed;
  }

  /** The bytes of a block as they lie on disk. */
  blockBytes(number: number): Uint8Array | undefined {
    return this.tables.blocks.getSync(blockKey(number));
  }

  /**
   * A block, its form checked, its hash and signatures not.
   *
   * @throws Error where it is missing or not in canonical form.
   */
  block(number: number): StoredBlock {
    const bytes = this.blockBytes(number);
    if (bytes === undefined) throw new Error('it is missing');
    const block = v.parse(StoredBlock, parse(bytes));
    if (!Buffer.from(canonicalBytes(block)).equals(bytes)) {
      throw new Error('it is not in canonical form');
    }
    return block;
  }

  transactionPlace(transactionId: string): TransactionPlace | undefined {
    const bytes = this.tables.transactions.getSync(transactionId);
    return bytes === undefined ? undefined : v.parse(TransactionPlace, parse(bytes));
  }

  /** Keeps private writes, durably, until their transaction is committed or dropped. */
  stage(transactionId: string, writes: readonly PrivateWrite[]): Promise<void> {
    const value = canonicalBytes(writes);
    return this.#database.batch<string, Uint8Array>(
      [{ type: 'put', sublevel: this.tables.staged, key: transactionId, value }],
      { sync: true },
    );
  }

  /** Forgets the staged writes of a transaction that will not be committed. */
  unstage(transactionId: string): Promise<void> {
    return this.tables.staged.del(transactionId);
  }

  /** Forgets all staged writes: after a start nothing is under way that they could belong to. */
  sweepStaged(): Promise<void> {
    return this.tables.staged.clear();
  }

  /**
   * Adds the next block with everything that it changes, all or nothing.
   *
   * @param options - `durable`: resolves only when the disk has it. Default `true`.
   */
  async commit(
    block: StoredBlock,
    updates: BlockUpdates,
    { durable = true }: { durable?: boolean } = {},
  ): Promise<void> {
    const head = headAfter(block);
    const { blocks, state, hashes, meta } = this.tables;
    const key = blockKey(block.header.number);
    const operations: Operation[] = [
      { type: 'put', sublevel: blocks, key, value: canonicalBytes(block) },
      ...updateOperations(state, updates.state),
      ...updateOperations(hashes, updates.hashes),
      ...this.#transactionOperations(block),
      { type: 'put', sublevel: meta, key: 'head', value: canonicalBytes({ ...head }) },
    ];
    if (updates.hasPurge) {
      operations.push({ type: 'put', sublevel: meta, key: 'compaction', value: Buffer.from('1') });
    }
    await this.#database.batch<string, Uint8Array>(operations, { sync: durable });
    this.#head = head;
  }

  /** Whether purged values may still lie in the database's files. */
  get needsCompaction(): boolean {
    return this.tables.meta.getSync('compaction') !== undefined;
  }

  /**
   * Rewrites the files that held purged values. LevelDB drops an overwritten value only when it
   * merges the file of the value with one that came later: hence a later file on top of each range.
   */
  async compact(): Promise<void> {
    for (const name of ['private', 'staged'] as const) {
      const [start, end] = rangeOf(name);
      for (let round = 0; round < COMPACTION_ROUNDS; round++) {
        await this.tables[name].put(COMPACTION_KEY, Buffer.of(round));
        await this.tables[name].del(COMPACTION_KEY);
        await this.#database.compactRange(start, end);
      }
    }
    await this.tables.meta.del('compaction');
  }

  async close(): Promise<void> {
    const { closed } = this.#published;
    this.#published.release();
    await Promise.all([closed, this.#earlierClosed]);
    await this.#database.close();
  }

  #transactionOperations(block: StoredBlock): Operation[] {
    return transactionsOf(block).flatMap((envelope, position) => {
      const transactionId = transactionIdOf(envelope.proposal);
      const code = block.codes[position];
      const operations: Operation[] = [
        { type: 'del', sublevel: this.tables.staged, key: transactionId },
      ];
      if (code === 'VALID') {
        const staged = this.#staged(transactionId);
        operations.push(...privateOperations(this.tables.private, envelope.result.rwSet, staged));
      }
      if (code !== undefined && occupiesId(code)) {
        const value = canonicalBytes({ block: block.header.number, position });
        const { transactions } = this.tables;
        operations.push({ type: 'put', sublevel: transactions, key: transactionId, value });
      }
      return operations;
    });
  }

  #staged(transactionId: string): readonly PrivateWrite[] {
    const bytes = this.tables.staged.getSync(transactionId);
    return bytes === undefined ? [] : v.parse(StagedWrites, parse(bytes));
  }
}

/** Once to write the later file, once to merge it, once where it went past a level. */
const COMPACTION_ROUNDS = 3;
const COMPACTION_KEY = '\0compaction';

function blockKey(number: number): string {
  return String(number).padStart(12, '0');
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
}

function updateOperations(sublevel: Table, updates: ReadonlyMap<string, Update>): Operation[] {
  return [...updates].map(([key, update]) =>
    update === null
      ? { type: 'del', sublevel, key }
      : { type: 'put', sublevel, key, value: encodeVersioned(update) },
  );
}
