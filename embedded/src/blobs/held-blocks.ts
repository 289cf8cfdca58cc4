/**
 * Blocks that a running put needs although no root names them yet.
 *
 * @module
 */
import type { BlockKey } from './block-store.js';

/** One put's claim on its blocks. */
export interface Hold {
  /** Claims a block, before looking whether it is there. */
  add(key: BlockKey): void;
  /** Gives the claims up. Call once, after the root is staged or the put has failed. */
  release(): void;
}

/**
 * Keeps a sweep from taking the blocks of puts that run beside it.
 *
 * A put that ends during a sweep stays held until the sweep ends: its root may have been staged after
 * the sweep read the roots.
 */
export class HeldBlocks {
  readonly #counts = new Map<BlockKey, number>();
  #releasedLater: Set<BlockKey>[] | undefined;

  /** Whether a put needs the block. */
  has(key: BlockKey): boolean {
    return this.#counts.has(key);
  }

  /** Starts a put's claim. */
  hold(): Hold {
    const keys = new Set<BlockKey>();
    return {
      add: (key) => {
        if (keys.has(key)) return;
        keys.add(key);
        this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
      },
      release: () => {
        if (this.#releasedLater === undefined) this.#release(keys);
        else this.#releasedLater.push(keys);
      },
    };
  }

  /** Runs one sweep; the caller sees to it that there is one at a time. */
  async duringSweep<T>(sweep: () => Promise<T>): Promise<T> {
    this.#releasedLater = [];
    try {
      return await sweep();
    } finally {
      const released = this.#releasedLater;
      this.#releasedLater = undefined;
      for (const keys of released) this.#release(keys);
    }
  }

  #release(keys: ReadonlySet<BlockKey>): void {
    for (const key of keys) {
      const count = this.#counts.get(key) ?? 0;
      if (count > 1) this.#counts.set(key, count - 1);
      else this.#counts.delete(key);
    }
  }
}
