/**
 * Clients that see at once what others did. A peer answers from its own copy of the ledger, which may
 * be a block behind the one that a transaction was committed on: a reader may be told that there is no
 * grant right after it was given. Whoever plays several people can wait here until all have caught up.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Identity } from '../ports/identity.js';
import type { Ledger } from '../ports/ledger.js';
import { TimeLimitError, withTimeLimit } from '../time-limit.js';
import type { ConnectionProfile } from './connection-profile.js';
import { PeerConnection } from './peer-connection.js';

/** A peer that is this late is not waited for. */
const LATE_MS = 20_000;
const RECONNECT_MS = 250;

interface Follower {
  readonly connection: PeerConnection;
  /** Newest block that the peer has shown; `null` while it does not answer. */
  newest: number | null;
}

/** Follows the blocks of every peer of a network. */
export class InStep implements AsyncDisposable {
  readonly #followers: readonly Follower[];
  readonly #closing = new AbortController();
  readonly #following: Promise<unknown>;
  #waiting: (() => void)[] = [];

  /** @param identity - somebody who may read blocks */
  constructor({ channel, gateways }: ConnectionProfile, identity: Identity) {
    this.#followers = gateways.map((peer) => ({
      connection: new PeerConnection(peer, identity, channel),
      newest: null,
    }));
    this.#following = Promise.all(this.#followers.map((follower) => this.#follow(follower)));
  }

  /** `real`, whose `submit` returns when every peer that answers has the block. */
  ledger(real: Ledger): Ledger {
    return {
      mspId: real.mspId,
      userId: real.userId,
      evaluate: (name, request, options) => real.evaluate(name, request, options),
      submit: async (name, request, options) => {
        const committed = await real.submit(name, request, options);
        await this.#untilAllHave(committed.blockNumber, options?.signal);
        return committed;
      },
      events: (options) => real.events(options),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#following;
    for (const { connection } of this.#followers) connection[Symbol.dispose]();
  }

  async #untilAllHave(block: number, signal: AbortSignal | undefined): Promise<void> {
    const isBehind = ({ newest }: Follower): boolean => newest !== null && newest < block;
    try {
      await withTimeLimit(LATE_MS, signal, async (limit) => {
        while (this.#followers.some(isBehind)) {
          limit.throwIfAborted();
          await new Promise<void>((resolve) => this.#waiting.push(resolve));
        }
      });
    } catch (error) {
      if (!(error instanceof TimeLimitError)) throw error;
    }
  }

  async #follow(follower: Follower): Promise<void> {
    const { signal } = this.#closing;
    const { connection } = follower;
    for (;;) {
      try {
        const newest = Math.max(0, (await connection.height(signal)) - 1);
        for await (const number of connection.blockNumbers(newest, signal)) {
          this.#show(follower, number);
        }
      } catch {
        // It is asked again until it answers: that it does not is for the calls to say.
      }
      this.#show(follower, null);
      if (signal.aborted) return;
      await delay(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #show(follower: Follower, newest: number | null): void {
    follower.newest = newest;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
