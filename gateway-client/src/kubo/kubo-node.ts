/**
 * One Kubo node as the blob store uses it: each call ends by its time limit, and fails with
 * `STORE_UNAVAILABLE` where the node does not answer as it should.
 *
 * @module
 */
import { create, type KuboRPCClient } from 'kubo-rpc-client';
import type { CID } from 'multiformats/cid';
import { withTimeLimit } from '../time-limit.js';
import { addToNode, type Added, type AddOptions } from './add-request.js';
import { storeUnavailable, type KuboEndpoint, type KuboLimits } from './kubo-endpoint.js';
import { FILED, stagedAt, STAGED_PREFIX } from './staging-mark.js';

/** Kubo has one status, 500, for all refusals: their texts tell them apart (Kubo 0.42). */
const NOT_LOCAL = /not found locally|could not find/;
const NOT_FOUND = /could not find|^no answer in/;
const NOT_PINNED = /not pinned/;

/** A pin on a staging mark. */
export interface StagedPin {
  readonly mark: CID;
  readonly stagedAt: number;
}

export class KuboNode {
  readonly url: string;
  readonly #endpoint: KuboEndpoint;
  readonly #limits: KuboLimits;
  readonly #client: KuboRPCClient;

  constructor(endpoint: KuboEndpoint, limits: KuboLimits) {
    const { url, headers } = endpoint;
    this.url = url;
    this.#endpoint = endpoint;
    this.#limits = limits;
    this.#client = create({ url, ...(headers === undefined ? {} : { headers: { ...headers } }) });
  }

  /** Resolves when the node is up. */
  async probe(signal: AbortSignal | undefined): Promise<void> {
    await this.#call(this.#limits.probeMs, signal, (options) => this.#client.version(options));
  }

  /** Uploads a blob and pins its staging mark. */
  async add(
    source: AsyncIterable<Uint8Array>,
    options: Omit<AddOptions, 'stallMs'>,
  ): Promise<Added> {
    return addToNode(this.#endpoint, source, { ...options, stallMs: this.#limits.stallMs });
  }

  /** Bytes of a block, not verified; `null` where the node does not have it. */
  async localBlock(cid: CID, signal: AbortSignal | undefined): Promise<Uint8Array | null> {
    const offline = { offline: true };
    return orNull(NOT_LOCAL, () =>
      this.#call(this.#limits.callMs, signal, (options) =>
        this.#client.block.get(cid, { ...options, ...offline }),
      ),
    );
  }

  /**
   * Bytes of a block, not verified, from wherever in the swarm; `null` where it was not found in
   * time. The node keeps a copy.
   */
  async swarmBlock(cid: CID, signal: AbortSignal | undefined): Promise<Uint8Array | null> {
    return orNull(NOT_FOUND, () =>
      this.#call(this.#limits.lookupMs, signal, (options) => this.#client.block.get(cid, options)),
    );
  }

  /** Name of the recursive pin on `cid`, which may be empty; `null` where there is none. */
  async pinName(cid: CID, signal: AbortSignal | undefined): Promise<string | null> {
    return orNull(NOT_PINNED, () =>
      this.#call(this.#limits.callMs, signal, async (options) => {
        const query = { ...options, paths: [cid], names: true, type: 'recursive' as const };
        for await (const { name } of this.#client.pin.ls(query)) return name ?? '';
        return null;
      }),
    );
  }

  /**
   * Pins what is under `cid`, or gives the pin another name. What the node does not have, it gets
   * from the swarm first.
   *
   * @param sizeBytes - How much that may be; it sets the time limit.
   */
  async pin(cid: CID, name: string, signal: AbortSignal | undefined, sizeBytes = 0): Promise<void> {
    const { callMs, copyMsPerMib } = this.#limits;
    const limitMs = Math.max(callMs, (sizeBytes / (1024 * 1024)) * copyMsPerMib);
    await this.#call(limitMs, signal, (options) => this.#client.pin.add(cid, { ...options, name }));
  }

  /** Drops the pin on `cid`; `false` where there is none. */
  async unpin(cid: CID, signal: AbortSignal | undefined): Promise<boolean> {
    const dropped = await orNull(NOT_PINNED, () =>
      this.#call(this.#limits.callMs, signal, (options) => this.#client.pin.rm(cid, options)),
    );
    return dropped !== null;
  }

  /** All pins on staging marks. The node looks through all its pins. */
  async stagedPins(signal: AbortSignal | undefined): Promise<StagedPin[]> {
    return this.#call(this.#limits.collectMs, signal, async (options) => {
      const pins: StagedPin[] = [];
      const query = { ...options, name: STAGED_PREFIX, type: 'recursive' as const };
      for await (const { cid, name } of this.#client.pin.ls(query)) {
        const at = stagedAt(name ?? '');
        if (at !== null) pins.push({ mark: cid, stagedAt: at });
      }
      return pins;
    });
  }

  /** All blobs that are filed here. The node looks through all its pins. */
  async filedBlobs(signal: AbortSignal | undefined): Promise<CID[]> {
    return this.#call(this.#limits.collectMs, signal, async (options) => {
      const blobs: CID[] = [];
      const query = { ...options, name: FILED, type: 'recursive' as const };
      for await (const { cid, name } of this.#client.pin.ls(query)) {
        if (name === FILED) blobs.push(cid);
      }
      return blobs;
    });
  }

  /** Removes every block that no pin needs. */
  async removeUnpinned(signal: AbortSignal | undefined): Promise<void> {
    await this.#call(this.#limits.collectMs, signal, async (options) => {
      for await (const { err } of this.#client.repo.gc(options)) {
        if (err) throw err;
      }
    });
  }

  /**
   * Connects to another node of the swarm, at the first of its addresses that works. Nodes of one
   * swarm find each other again by themselves after a restart, but only after half a minute.
   */
  async connectTo(other: KuboNode, signal: AbortSignal | undefined): Promise<void> {
    const { probeMs } = this.#limits;
    const { addresses } = await other.#call(probeMs, signal, (options) =>
      other.#client.id(options),
    );
    for (const address of addresses) {
      try {
        await this.#call(probeMs, signal, (options) =>
          this.#client.swarm.connect(address, options),
        );
        return;
      } catch (error) {
        signal?.throwIfAborted();
        if (address === addresses.at(-1)) throw error;
      }
    }
  }

  async #call<T>(
    limitMs: number,
    signal: AbortSignal | undefined,
    call: (options: { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    try {
      return await withTimeLimit(limitMs, signal, (limit) => call({ signal: limit }));
    } catch (cause) {
      signal?.throwIfAborted();
      throw storeUnavailable(this.url, cause);
    }
  }
}

/** What a call gives, or `null` where the node refuses it with such a text. */
async function orNull<T>(text: RegExp, call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && error.cause instanceof Error && text.test(error.cause.message)) {
      return null;
    }
    throw error;
  }
}
