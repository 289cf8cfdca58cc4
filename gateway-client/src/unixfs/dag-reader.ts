/**
 * Reads the file behind a UnixFS root: its size, its blocks, any range of its bytes.
 *
 * A walk of our own rather than ipfs-unixfs-exporter: the exporter trusts the block store's bytes,
 * and on a bad block under a second-level node it leaves a rejection unhandled, which ends a Node
 * process. The files that this store makes have one form only: dag-pb nodes over raw leaves.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import * as dagPb from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import type { GetOptions } from '../ports/blob-store.js';
import { isBlobCid, isLeaf } from './blob-cid.js';
import { parseRange, type ByteRange } from './byte-range.js';

/** Gives the bytes of a block, checked against its hash, or throws. */
export type ReadBlock = (cid: CID) => Promise<Uint8Array>;

/** A block and its place in the file. */
interface Part {
  readonly cid: CID;
  readonly start: number;
  /** Number of content bytes below, as its parent says; the root has no parent. */
  readonly sizeBytes: number | undefined;
}

/** A part as a node names it. */
type Link = Part & { readonly sizeBytes: number };

/** 174 links a node and 1 MiB a leaf: four levels of nodes hold more than 800 TiB. */
const MAX_NODE_LEVELS = 4;

/**
 * One file. Its errors are {@link EmrError} `BLOB_UNAVAILABLE` where a block is missing and
 * `BLOB_CORRUPT` where one is damaged or not a part of such a file; they name the root.
 */
export class DagReader {
  readonly #root: CID;
  readonly #readBlock: ReadBlock;

  constructor(root: CID, readBlock: ReadBlock) {
    this.#root = root;
    this.#readBlock = readBlock;
  }

  /** Number of content bytes. Reads one block. */
  async sizeBytes(): Promise<number> {
    const bytes = await this.#read(this.#root);
    if (isLeaf(this.#root)) return bytes.length;
    return totalSize(this.#decodeNode(bytes, 0));
  }

  /** The root and every block below. Reads the nodes, not the leaves. */
  blocks(): AsyncGenerator<CID, void, undefined> {
    return this.#blocksBelow(this.#root, 0);
  }

  /**
   * The bytes of a range, leaf by leaf, with up to `readAhead` leaves under way. Reads only the
   * blocks that the range needs.
   *
   * @throws EmrError `INPUT_INVALID` for a malformed range; the signal's reason.
   */
  async *read(options: GetOptions, readAhead: number): AsyncGenerator<Uint8Array, void, undefined> {
    const range = parseRange(options);
    if (range.from >= range.to) return;
    for await (const piece of this.#bytesOf(range, readAhead)) {
      options.signal?.throwIfAborted();
      yield piece;
    }
  }

  async *#bytesOf(
    range: ByteRange,
    readAhead: number,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const leaves = this.#leaves({ cid: this.#root, start: 0, sizeBytes: undefined }, range, 0);
    const pending: { readonly leaf: Part; readonly reading: Promise<Uint8Array> }[] = [];
    for (;;) {
      while (pending.length < readAhead) {
        const next = await leaves.next();
        if (next.done === true) break;
        const reading = this.#read(next.value.cid);
        // It is awaited in its turn; until then, its rejection is not an unhandled one.
        reading.catch(() => undefined);
        pending.push({ leaf: next.value, reading });
      }
      const first = pending.shift();
      if (first === undefined) return;
      const bytes = this.#clip(first.leaf, await first.reading, range);
      if (bytes.length > 0) yield bytes;
    }
  }

  async *#blocksBelow(cid: CID, level: number): AsyncGenerator<CID, void, undefined> {
    yield cid;
    if (isLeaf(cid)) return;
    for (const link of this.#decodeNode(await this.#readNode(cid, level), 0)) {
      yield* this.#blocksBelow(link.cid, level + 1);
    }
  }

  /** The leaves that overlap the range, in order. */
  async *#leaves(
    part: Part,
    range: ByteRange,
    level: number,
  ): AsyncGenerator<Part, void, undefined> {
    if (isLeaf(part.cid)) {
      yield part;
      return;
    }
    const links = this.#decodeNode(await this.#readNode(part.cid, level), part.start);
    if (part.sizeBytes !== undefined && totalSize(links) !== part.sizeBytes) throw this.#corrupt();
    for (const link of links) {
      if (link.start + link.sizeBytes <= range.from) continue;
      if (link.start >= range.to) return;
      yield* this.#leaves(link, range, level + 1);
    }
  }

  /** The links of a node, with the place of each in the file. */
  #decodeNode(bytes: Uint8Array, start: number): Link[] {
    const { children, sizes } = this.#decodeUnixFs(bytes);
    let end = start;
    return children.map((cid, index) => {
      const link = { cid, start: end, sizeBytes: Number(sizes[index]) };
      end += link.sizeBytes;
      if (!isBlobCid(cid) || link.sizeBytes <= 0 || !Number.isSafeInteger(end)) {
        throw this.#corrupt();
      }
      return link;
    });
  }

  #decodeUnixFs(bytes: Uint8Array): { children: CID[]; sizes: readonly bigint[] } {
    try {
      const { Data: data, Links: links } = dagPb.decode(bytes);
      const { type, blockSizes } = UnixFS.unmarshal(data ?? new Uint8Array());
      if (type === 'file' && links.length > 0 && links.length === blockSizes.length) {
        return { children: links.map(({ Hash: cid }) => cid), sizes: blockSizes };
      }
    } catch (cause) {
      throw this.#corrupt(cause);
    }
    throw this.#corrupt();
  }

  #clip(leaf: Part, bytes: Uint8Array, range: ByteRange): Uint8Array {
    if (leaf.sizeBytes !== undefined && bytes.length !== leaf.sizeBytes) throw this.#corrupt();
    return bytes.subarray(Math.max(0, range.from - leaf.start), Math.max(0, range.to - leaf.start));
  }

  async #readNode(cid: CID, level: number): Promise<Uint8Array> {
    if (level >= MAX_NODE_LEVELS) throw this.#corrupt();
    return this.#read(cid);
  }

  async #read(cid: CID): Promise<Uint8Array> {
    try {
      return await this.#readBlock(cid);
    } catch (cause) {
      if (EmrError.is(cause, 'BLOB_CORRUPT')) throw this.#corrupt(cause);
      if (!EmrError.is(cause, 'BLOB_UNAVAILABLE')) throw cause;
      throw new EmrError('BLOB_UNAVAILABLE', { cid: this.#root.toString() }, { cause });
    }
  }

  #corrupt(cause?: unknown): EmrError<'BLOB_CORRUPT'> {
    return new EmrError('BLOB_CORRUPT', { cid: this.#root.toString() }, { cause });
  }
}

function totalSize(links: readonly Link[]): number {
  return links.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
