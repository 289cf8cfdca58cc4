/**
 * The embedded blob store: UnixFS files in a block store on disk, with the CIDs of
 * `ipfs add --cid-version=1 --raw-leaves --chunker=size-1048576`. Nothing listens on a socket.
 *
 * @module
 */
import type {
  BlobCallOptions,
  BlobStore,
  GetOptions,
  PutOptions,
  StoredBlob,
} from '@emr-share/gateway-client';
import { DagReader, parseBlobCid } from '@emr-share/gateway-client/unixfs';
import { EmrError } from '@emr-share/model';
import { importFile } from 'ipfs-unixfs-importer';
import { balanced } from 'ipfs-unixfs-importer/layout';
import { abortable, orAborted } from './abortable.js';
import { BlobJournal } from './blob-journal.js';
import { BlockStore, blockKey } from './block-store.js';
import type { BlockKey } from './block-store.js';
import { BlockWriter } from './block-writer.js';
import { HeldBlocks } from './held-blocks.js';
import { KeyedLock } from './keyed-lock.js';

const LEAF_BYTES = 1024 * 1024;
const LINKS_PER_NODE = 174;
/** Fewer leave the disk idle; twice as many gain little for 8 MB more (bench/README.md). */
const WRITES_AT_A_TIME = 3;
const READ_AHEAD = 3;

/** Options of {@link UnixfsBlobStore.open}. */
export interface UnixfsBlobStoreOptions {
  /** Folder of the store; created when missing. One process at a time may open it. */
  readonly directory: string;
}

/**
 * {@link BlobStore} in one folder: `blocks/` (content), `staged/` and `pins/` (which roots stand),
 * `tmp/` (blocks being written).
 *
 * What `put` acknowledged survives a kill and a power cut. What a crash cut short is never visible:
 * it leaves blocks that no root names, which `collect` removes.
 */
export class UnixfsBlobStore implements BlobStore {
  readonly #blocks: BlockStore;
  readonly #journal: BlobJournal;
  readonly #held = new HeldBlocks();
  readonly #collecting = new KeyedLock();

  private constructor(blocks: BlockStore, journal: BlobJournal) {
    this.#blocks = blocks;
    this.#journal = journal;
  }

  /** Opens the store; cheap, and needs no closing. */
  static async open({ directory }: UnixfsBlobStoreOptions): Promise<UnixfsBlobStore> {
    return new UnixfsBlobStore(await BlockStore.open(directory), await BlobJournal.open(directory));
  }

  /**
   * Adds a stream: every block, then every directory entry, then the staging mark is on disk when
   * this resolves. Holds four leaves of 1 MiB in memory at any size.
   *
   * A source's own failure is thrown as it is. Repeating a put that failed costs only the reading:
   * blocks that are there and sound are not written again.
   */
  async put(source: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredBlob> {
    const hold = this.#held.hold();
    const writer = new BlockWriter({
      blocks: this.#blocks,
      hold,
      leafBytes: LEAF_BYTES,
      concurrency: WRITES_AT_A_TIME,
      onProgress: options.onProgress,
    });
    try {
      const { cid } = await importFile({ content: abortable(source, options.signal) }, writer, {
        cidVersion: 1,
        rawLeaves: true,
        layout: balanced({ maxChildrenPerNode: LINKS_PER_NODE }),
        chunker: (content) => writer.cut(content),
        chunkValidator: bytesOnly,
        blockWriteConcurrency: 1,
      });
      await writer.drain();
      await this.#blocks.sync();
      options.signal?.throwIfAborted();
      await this.#journal.stage(cid.toString());
      return { cid: cid.toString(), sizeBytes: writer.sizeBytes };
    } finally {
      await writer.settle();
      hold.release();
    }
  }

  /**
   * Pins a staged blob, durably.
   *
   * @throws {@link EmrError} `BLOB_UNAVAILABLE` when it is neither staged nor pinned.
   */
  async commit(cid: string, options: BlobCallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    parseBlobCid(cid);
    if (!(await this.#journal.pin(cid))) throw new EmrError('BLOB_UNAVAILABLE', { cid });
  }

  /** Drops the staging mark; the blocks go with the next `collect`, unless another blob needs them. */
  async discard(cid: string, options: BlobCallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    parseBlobCid(cid);
    await this.#journal.unstage(cid);
  }

  /**
   * Reads a blob or a range of it in pieces of up to 1 MiB. A range past the end gives what is there.
   *
   * @throws {@link EmrError} `BLOB_UNAVAILABLE`, `BLOB_CORRUPT`, each before any byte of the block in
   * question is given; `INPUT_INVALID` for a malformed CID or range.
   */
  async *get(cid: string, options: GetOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#open(cid, options.signal).read(options, READ_AHEAD);
  }

  /** Size of a blob. Reads and checks one block. */
  async stat(cid: string, options: BlobCallOptions = {}): Promise<StoredBlob> {
    return { cid, sizeBytes: await this.#open(cid, options.signal).sizeBytes() };
  }

  /**
   * Mark and sweep. Staged blobs older than `olderThanMs` are pinned if `isReferenced`, for then only
   * a crash kept the filer from doing so, and dropped if not. Then every block that no root needs
   * goes, and what earlier processes left half-written. Puts, reads and commits may run meanwhile.
   *
   * @returns The CIDs dropped.
   * @throws {@link EmrError} `BLOB_UNAVAILABLE` or `BLOB_CORRUPT` when a node of a blob that stands
   * cannot be read: nothing is swept then, for its blocks cannot be told from garbage.
   */
  async collect(
    options: BlobCallOptions & {
      readonly isReferenced: (cid: string) => Promise<boolean>;
      readonly olderThanMs: number;
    },
  ): Promise<readonly string[]> {
    return this.#collecting.run('collect', async () => {
      options.signal?.throwIfAborted();
      const dropped = await this.#dropUnreferenced(options);
      await this.#held.duringSweep(() => this.#sweep(options.signal));
      await this.#blocks.removeLeftovers(options.olderThanMs);
      return dropped;
    });
  }

  async #dropUnreferenced(options: Parameters<BlobStore['collect']>[0]): Promise<string[]> {
    const dropped: string[] = [];
    for (const cid of await this.#journal.stagedBefore(options.olderThanMs)) {
      options.signal?.throwIfAborted();
      if (await orAborted(options.isReferenced(cid), options.signal)) await this.#journal.pin(cid);
      else if (await this.#journal.unstage(cid, options.olderThanMs)) dropped.push(cid);
    }
    return dropped;
  }

  async #sweep(signal: AbortSignal | undefined): Promise<void> {
    const needed = new Set<BlockKey>();
    for (const cid of await this.#journal.roots()) {
      for await (const block of this.#open(cid, signal).blocks()) needed.add(blockKey(block));
    }
    for await (const key of this.#blocks.keys()) {
      signal?.throwIfAborted();
      if (!needed.has(key)) await this.#blocks.delete(key, () => this.#held.has(key));
    }
  }

  #open(cid: string, signal: AbortSignal | undefined): DagReader {
    return new DagReader(parseBlobCid(cid), async (block) => {
      signal?.throwIfAborted();
      return orAborted(this.#blocks.get(block), signal);
    });
  }
}

/** The importer's own check refuses the byte arrays of other realms (workers, test runners). */
async function* bytesOnly(source: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    if (!isBytes(piece)) throw new TypeError('"source" expected pieces of type Uint8Array');
    yield piece;
  }
}

function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && 'BYTES_PER_ELEMENT' in value && value.BYTES_PER_ELEMENT === 1;
}
