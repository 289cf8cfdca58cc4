/**
 * Copies of filed blobs, where there are fewer than there should be.
 *
 * @module
 */
import { CID } from 'multiformats/cid';
import { storeUnavailable } from './kubo-endpoint.js';
import type { KuboNode } from './kubo-node.js';
import { FILED, stagedName } from './staging-mark.js';

/** How far it has come. */
export interface ReplenishProgress {
  /** Blobs looked at, of `blobs` in all. */
  readonly done: number;
  readonly blobs: number;
  /** Bytes of the blobs that were copied. */
  readonly copiedBytes: number;
}

/** What was found of some blobs, and done. */
export interface Replenished {
  readonly blobs: number;
  /** Blobs that were copied to further nodes. */
  readonly copied: number;
  readonly copiedBytes: number;
  /** CIDs of blobs that are filed on no node that is up. */
  readonly lost: readonly string[];
}

/** A node that is up, and the CIDs of the blobs filed there. */
export interface Holding {
  readonly node: KuboNode;
  readonly filed: Set<string>;
}

export interface ReplenishOptions {
  readonly holdings: readonly Holding[];
  readonly replicas: number;
  readonly sizeOf: (cid: string) => Promise<number>;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: ReplenishProgress) => void) | undefined;
}

/** @throws EmrError `STORE_UNAVAILABLE` where too few nodes are up, or one fails to copy. */
export async function replenish(
  blobs: readonly CID[],
  options: ReplenishOptions,
): Promise<Replenished> {
  const lost: string[] = [];
  let [done, copied, copiedBytes] = [0, 0, 0];
  for (const blob of blobs) {
    const holders = options.holdings.filter(({ filed }) => filed.has(blob.toString()));
    const [from] = holders;
    if (from === undefined) lost.push(blob.toString());
    else if (holders.length < options.replicas) {
      copiedBytes += await spread(blob, from, options.replicas - holders.length, options);
      copied += 1;
    }
    done += 1;
    options.onProgress?.({ done, blobs: blobs.length, copiedBytes });
  }
  return { blobs: blobs.length, copied, copiedBytes, lost };
}

/** Copies a blob to so many nodes more, those first that have the fewest; gives its size. */
async function spread(
  blob: CID,
  from: Holding,
  missing: number,
  { holdings, sizeOf, signal }: ReplenishOptions,
): Promise<number> {
  const cid = blob.toString();
  const targets = holdings
    .filter(({ filed }) => !filed.has(cid))
    .sort((a, b) => a.filed.size - b.filed.size)
    .slice(0, missing);
  if (targets.length < missing) {
    const cause = new Error(`${missing} more nodes should have ${cid}, and too few are up`);
    throw storeUnavailable(from.node.url, cause);
  }
  const sizeBytes = await sizeOf(cid);
  for (const { node, filed } of targets) {
    await copyFiled(node, from.node, { blob, sizeBytes }, signal);
    filed.add(cid);
  }
  return sizeBytes;
}

async function copyFiled(
  to: KuboNode,
  from: KuboNode,
  { blob, sizeBytes }: { readonly blob: CID; readonly sizeBytes: number },
  signal: AbortSignal | undefined,
): Promise<void> {
  if (sizeBytes === 0) {
    // Bitswap does not pass on a block of no bytes (Kubo 0.42).
    const { mark } = await to.add(emptyBlob(), { pinName: stagedName(Date.now()), signal });
    await to.pin(blob, FILED, signal);
    await to.unpin(CID.parse(mark), signal);
    return;
  }
  await to.connectTo(from, signal).catch(() => undefined);
  signal?.throwIfAborted();
  await to.pin(blob, FILED, signal, sizeBytes);
}

/** A blob of no bytes, as a source. */
export async function* emptyBlob(): AsyncGenerator<Uint8Array, void, undefined> {
  // Ends at once.
}
