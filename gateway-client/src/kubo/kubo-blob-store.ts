/**
 * The port `BlobStore` over the Kubo nodes of a private swarm, with the CIDs of the embedded store.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { CID } from 'multiformats/cid';
import { closeStream } from '../byte-stream.js';
import type {
  BlobCallOptions,
  BlobStore,
  GetOptions,
  PutOptions,
  StoredBlob,
} from '../ports/blob-store.js';
import { orAborted } from '../time-limit.js';
import { parseBlobCid } from '../unixfs/blob-cid.js';
import { DagReader } from '../unixfs/dag-reader.js';
import type { Added } from './add-request.js';
import { BlockSearch } from './block-search.js';
import { DEFAULT_KUBO_LIMITS, type KuboEndpoint, type KuboLimits } from './kubo-endpoint.js';
import { KuboNode, type StagedPin } from './kubo-node.js';
import { emptyBlob, replenish, type Replenished, type ReplenishProgress } from './replenish.js';
import { blobOf, FILED, markOf, stagedName } from './staging-mark.js';

/** Blocks asked for at a time: hides the round trip, holds this many MiB. */
const READ_AHEAD = 4;

export interface KuboBlobStoreOptions {
  /** Nodes of one swarm, the caller's own first: it takes the uploads and is asked first. */
  readonly nodes: readonly KuboEndpoint[];
  /** On how many of `nodes` a blob is when `put` returns. Default 2, or 1 where there is one node. */
  readonly replicas?: number | undefined;
  readonly limits?: Partial<KuboLimits> | undefined;
}

type Signal = AbortSignal | undefined;

/**
 * Content on `replicas` nodes before the ledger names it, and from any node afterwards.
 *
 * Which blobs stand is in the nodes' own pins (`staging-mark.ts`): any number of clients may share
 * the nodes, and a client keeps nothing. A node that is down is left out, and catches up with the
 * next `collect`. `collect` removes everything that is not pinned: other users of the nodes must pin.
 */
export class KuboBlobStore implements BlobStore {
  readonly #nodes: readonly KuboNode[];
  readonly #replicas: number;

  /** @throws EmrError `INPUT_INVALID` for no node, or fewer nodes than replicas. */
  constructor({ nodes, replicas, limits }: KuboBlobStoreOptions) {
    const wanted = replicas ?? Math.min(2, nodes.length);
    if (!Number.isSafeInteger(wanted) || wanted < 1 || wanted > nodes.length) {
      const problem = `expected at least one, and as many nodes; got ${wanted} on ${nodes.length}`;
      throw new EmrError('INPUT_INVALID', { what: 'the number of replicas', problem });
    }
    this.#replicas = wanted;
    this.#nodes = nodes.map(
      (endpoint) => new KuboNode(endpoint, { ...DEFAULT_KUBO_LIMITS, ...limits }),
    );
  }

  /**
   * Streams a blob to the first node that is up; the others copy it from there. One piece of the
   * source in memory.
   *
   * @throws EmrError `STORE_UNAVAILABLE` where no node takes it, or too few copy it: nothing is
   *   staged then. A source's own failure is thrown as it is.
   */
  async put(source: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredBlob> {
    const { signal, onProgress } = options;
    let first: KuboNode;
    try {
      first = await this.#firstUp(signal);
    } catch (error) {
      void closeStream(source);
      throw error;
    }
    const pinName = stagedName(Date.now());
    const added = await first.add(source, { pinName, signal, onProgress });
    await this.#replicate(added, pinName, first, signal);
    return { cid: added.cid, sizeBytes: added.sizeBytes };
  }

  async commit(cid: string, options: BlobCallOptions = {}): Promise<void> {
    const { signal } = options;
    const blob = this.#parse(cid, signal);
    const kept = await this.#onEachUp(signal, (node) => file(node, blob, signal));
    if (!kept.includes(true)) throw new EmrError('BLOB_UNAVAILABLE', { cid });
  }

  /** Drops the staging marks; the blocks go with the next `collect`. */
  async discard(cid: string, options: BlobCallOptions = {}): Promise<void> {
    const { signal } = options;
    const blob = this.#parse(cid, signal);
    await this.#onEachUp(signal, async (node) => {
      const mark = await markAt(node, blob, signal);
      if (mark !== null) await node.unpin(mark, signal);
    });
  }

  /**
   * Reads in pieces of up to 1 MiB, each checked against its hash before it is given. A damaged or
   * missing block is taken from another node where one has it sound.
   */
  async *get(cid: string, options: GetOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#open(cid, options.signal).read(options, READ_AHEAD);
  }

  /** Reads one block. */
  async stat(cid: string, options: BlobCallOptions = {}): Promise<StoredBlob> {
    return { cid, sizeBytes: await this.#open(cid, options.signal).sizeBytes() };
  }

  /**
   * Settles the staged blobs of every node that is up, then has the node remove what no pin needs.
   * `isReferenced` is asked once for each blob.
   */
  async collect(options: Parameters<BlobStore['collect']>[0]): Promise<readonly string[]> {
    const { signal, olderThanMs } = options;
    signal?.throwIfAborted();
    const answers = new Map<string, Promise<boolean>>();
    const isReferenced = (cid: string): Promise<boolean> => {
      const answer = answers.get(cid) ?? options.isReferenced(cid);
      answers.set(cid, answer);
      return orAborted(answer, signal);
    };
    const before = Date.now() - olderThanMs;
    const dropped = await this.#onEachUp(signal, async (node) => {
      const gone: string[] = [];
      for (const pin of await node.stagedPins(signal)) {
        if (pin.stagedAt > before) continue;
        const cid = await settle(node, pin, isReferenced, signal);
        if (cid !== null) gone.push(cid);
      }
      await node.removeUnpinned(signal);
      return gone;
    });
    return [...new Set(dropped.flat())];
  }

  /**
   * Copies blobs to further nodes until each is filed on as many as there are to be replicas: after a
   * node was lost, and an empty one came in its place. Nodes with fewer blobs get them first. Harmless
   * to repeat.
   *
   * @param cids - what the ledger refers to
   * @throws EmrError `STORE_UNAVAILABLE` where too few nodes are up, or one fails to copy.
   */
  async replenish(
    cids: Iterable<string>,
    options: BlobCallOptions & {
      readonly onProgress?: ((progress: ReplenishProgress) => void) | undefined;
    } = {},
  ): Promise<Replenished> {
    const { signal, onProgress } = options;
    const blobs = [...new Set(cids)].map((cid) => this.#parse(cid, signal));
    const holdings = await this.#onEachUp(signal, async (node) => {
      const filed = await node.filedBlobs(signal);
      return { node, filed: new Set(filed.map(String)) };
    });
    return replenish(blobs, {
      holdings,
      replicas: this.#replicas,
      sizeOf: async (cid) => (await this.stat(cid, { signal })).sizeBytes,
      signal,
      onProgress,
    });
  }

  #parse(cid: string, signal: Signal): CID {
    signal?.throwIfAborted();
    return parseBlobCid(cid);
  }

  #open(cid: string, signal: Signal): DagReader {
    const blocks = new BlockSearch(this.#nodes, signal);
    return new DagReader(this.#parse(cid, signal), (block) => blocks.read(block));
  }

  async #firstUp(signal: Signal): Promise<KuboNode> {
    let failure: unknown;
    for (const node of this.#nodes) {
      try {
        await node.probe(signal);
        return node;
      } catch (error) {
        signal?.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }

  /** Has as many more nodes copy the blob as there are to be replicas; undoes it where they do not. */
  async #replicate(added: Added, pinName: string, from: KuboNode, signal: Signal): Promise<void> {
    const holders = [from];
    let failure: unknown;
    for (const node of this.#nodes) {
      if (holders.length === this.#replicas) return;
      if (node === from) continue;
      try {
        await copy(node, from, added, pinName, signal);
        holders.push(node);
      } catch (error) {
        failure = error;
        if (signal?.aborted === true) break;
      }
    }
    if (holders.length === this.#replicas) return;
    const mark = CID.parse(added.mark);
    await Promise.allSettled(holders.map((node) => node.unpin(mark, undefined)));
    throw failure;
  }

  /**
   * Does something on every node that is up.
   *
   * @throws EmrError `STORE_UNAVAILABLE` where none is.
   */
  async #onEachUp<T>(signal: Signal, act: (node: KuboNode) => Promise<T>): Promise<T[]> {
    const outcomes = await Promise.allSettled(this.#nodes.map(act));
    signal?.throwIfAborted();
    const done: T[] = [];
    let failure: unknown;
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') done.push(outcome.value);
      else if (EmrError.is(outcome.reason, 'STORE_UNAVAILABLE')) failure = outcome.reason;
      else throw outcome.reason;
    }
    if (done.length === 0) throw failure;
    return done;
  }
}

/** CID of the blob's staging mark, pinned or not; `null` where the node has nothing of the blob. */
async function markAt(node: KuboNode, blob: CID, signal: Signal): Promise<CID | null> {
  const rootBlock = await node.localBlock(blob, signal);
  return rootBlock === null ? null : markOf(blob, rootBlock);
}

/** Turns a staged blob into a filed one; whether the node keeps it for good. */
async function file(node: KuboNode, blob: CID, signal: Signal): Promise<boolean> {
  const mark = await markAt(node, blob, signal);
  if (mark === null) return false;
  if ((await node.pinName(mark, signal)) === null) {
    return (await node.pinName(blob, signal)) !== null;
  }
  await node.pin(blob, FILED, signal);
  await node.unpin(mark, signal);
  return true;
}

async function copy(
  to: KuboNode,
  from: KuboNode,
  { mark, sizeBytes }: Added,
  pinName: string,
  signal: Signal,
): Promise<void> {
  if (sizeBytes === 0) {
    // Bitswap does not pass on a block of no bytes (Kubo 0.42): the other node would wait for ever.
    await to.add(emptyBlob(), { pinName, signal });
    return;
  }
  // They may be connected already, or reach each other in another way.
  await to.connectTo(from, signal).catch(() => undefined);
  signal?.throwIfAborted();
  await to.pin(CID.parse(mark), pinName, signal, sizeBytes);
}

/** Files or drops what an old staging mark holds; the CID where it is dropped. */
async function settle(
  node: KuboNode,
  { mark }: StagedPin,
  isReferenced: (cid: string) => Promise<boolean>,
  signal: Signal,
): Promise<string | null> {
  const markBlock = await node.localBlock(mark, signal);
  const blob = markBlock === null ? null : blobOf(markBlock);
  if (blob !== null && (await isReferenced(blob.toString()))) {
    await file(node, blob, signal);
    return null;
  }
  await node.unpin(mark, signal);
  return blob?.toString() ?? null;
}
