/**
 * The writing side of one put: cuts the source into leaves, and writes blocks behind the importer's
 * back so that reading, hashing and writing overlap, in a fixed number of buffers.
 *
 * @module
 */
import type { WritableStorage } from 'ipfs-unixfs-importer';
import type { CID } from 'multiformats/cid';
import { blockKey } from './block-store.js';
import type { BlockStore } from './block-store.js';
import type { Hold } from './held-blocks.js';

/** Where a {@link BlockWriter} writes to, and how. */
export interface BlockWriterOptions {
  readonly blocks: BlockStore;
  /** Keeps the blocks from a sweep until the root is staged. */
  readonly hold: Hold;
  readonly leafBytes: number;
  /** Leaves being written at a time; memory is one leaf more than this. */
  readonly concurrency: number;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/**
 * The block store and, with {@link BlockWriter.cut}, the chunker that the importer is given.
 *
 * `put` returns before the block is on disk, so {@link BlockWriter.drain} must be awaited before the
 * root is promised to anyone. A failed write fails the next `put` or leaf, or `drain`.
 */
export class BlockWriter implements WritableStorage {
  readonly #options: BlockWriterOptions;
  readonly #writes = new Set<Promise<void>>();
  readonly #buffers = new Set<ArrayBufferLike>();
  /** The buffers that hold no leaf. */
  readonly #free: Uint8Array[] = [];
  #sizeBytes = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: BlockWriterOptions) {
    this.#options = options;
  }

  /** Bytes of content taken so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Starts writing a block. Leaves come from {@link BlockWriter.cut} and are taken back. */
  put(cid: CID, bytes: Uint8Array): CID {
    this.#throwFailure();
    const { blocks, hold } = this.#options;
    hold.add(blockKey(cid));
    const write = blocks.put(cid, bytes).then(
      () => {
        this.#recycle(bytes);
      },
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    this.#writes.add(write);
    void write.then(() => this.#writes.delete(write));
    return cid;
  }

  /** Cuts the source into leaves of `leafBytes`; the last one may be shorter, or the only one empty. */
  async *cut(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    let leaf = await this.#takeBuffer();
    let filled = 0;
    for await (const piece of source) {
      for (let taken = 0; taken < piece.length;) {
        if (filled === leaf.length) {
          yield leaf;
          leaf = await this.#takeBuffer();
          filled = 0;
        }
        const part = piece.subarray(taken, taken + leaf.length - filled);
        leaf.set(part, filled);
        filled += part.length;
        taken += part.length;
      }
      this.#sizeBytes += piece.length;
      this.#options.onProgress?.(this.#sizeBytes);
    }
    yield leaf.subarray(0, filled);
  }

  /** Resolves once every block put so far is written. */
  async drain(): Promise<void> {
    await this.settle();
    this.#throwFailure();
  }

  /** Waits for the writes under way, whatever becomes of them. */
  async settle(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes);
  }

  async #takeBuffer(): Promise<Uint8Array> {
    const { leafBytes, concurrency } = this.#options;
    for (;;) {
      this.#throwFailure();
      const buffer = this.#free.pop();
      if (buffer !== undefined) return buffer;
      if (this.#buffers.size <= concurrency || this.#writes.size === 0) {
        const leaf = Buffer.allocUnsafeSlow(leafBytes);
        this.#buffers.add(leaf.buffer);
        return leaf;
      }
      await Promise.race(this.#writes);
    }
  }

  #recycle(bytes: Uint8Array): void {
    if (this.#buffers.has(bytes.buffer)) this.#free.push(new Uint8Array(bytes.buffer));
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
