/**
 * Blocks from whichever node has them, each checked against its hash: a node does not check what it
 * reads from its own disk.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { equals } from 'multiformats/bytes';
import type { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';
import type { KuboNode } from './kubo-node.js';

/** Somewhere to ask for a block: a node's own disk, or the whole swarm through a node. */
interface Place {
  readonly isSwarm: boolean;
  /** `null` where it is not there. */
  readonly get: (cid: CID, signal: AbortSignal | undefined) => Promise<Uint8Array | null>;
}

/**
 * The blocks of one blob. All nodes' own copies come first, then the swarm; the place that had the
 * last block is asked first for the next, and a node that did not answer is not asked again.
 */
export class BlockSearch {
  readonly #signal: AbortSignal | undefined;
  #places: readonly Place[];
  #down: unknown;

  constructor(nodes: readonly KuboNode[], signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#places = [
      ...nodes.map((node) => ({ isSwarm: false, get: node.localBlock.bind(node) })),
      ...nodes.map((node) => ({ isSwarm: true, get: node.swarmBlock.bind(node) })),
    ];
  }

  /**
   * @throws EmrError `BLOB_CORRUPT` where every copy found is damaged, `BLOB_UNAVAILABLE` where there
   *   is none, `STORE_UNAVAILABLE` where no node answers.
   */
  async read(cid: CID): Promise<Uint8Array> {
    let isDamaged = false;
    let isSwarmAsked = false;
    for (const place of this.#places) {
      // A node that has a damaged copy does not look for another, and one look at the swarm will do.
      if (place.isSwarm && (isDamaged || isSwarmAsked)) continue;
      const bytes = await this.#ask(place, cid);
      if (bytes === undefined) continue;
      isSwarmAsked ||= place.isSwarm;
      if (bytes === null) continue;
      if (await isBlock(cid, bytes)) {
        this.#askFirst(place);
        return bytes;
      }
      isDamaged = true;
    }
    throw this.#failure(cid, isDamaged);
  }

  /** `undefined` where the node does not answer. */
  async #ask(place: Place, cid: CID): Promise<Uint8Array | null | undefined> {
    try {
      return await place.get(cid, this.#signal);
    } catch (error) {
      if (!EmrError.is(error, 'STORE_UNAVAILABLE')) throw error;
      this.#down = error;
      this.#places = this.#places.filter((other) => other !== place);
      return undefined;
    }
  }

  #askFirst(place: Place): void {
    if (this.#places[0] === place) return;
    this.#places = [place, ...this.#places.filter((other) => other !== place)];
  }

  #failure(cid: CID, isDamaged: boolean): unknown {
    if (this.#places.length === 0) return this.#down;
    return new EmrError(isDamaged ? 'BLOB_CORRUPT' : 'BLOB_UNAVAILABLE', { cid: cid.toString() });
  }
}

async function isBlock(cid: CID, bytes: Uint8Array): Promise<boolean> {
  const { digest } = await sha256.digest(bytes);
  return equals(digest, cid.multihash.digest);
}
