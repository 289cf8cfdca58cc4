/**
 * A snapshot that several simulations read at the same time.
 *
 * @module
 */
import type { Snapshot } from 'classic-level';

/** Closes its snapshot when the last user has released it. */
export class SharedSnapshot {
  readonly snapshot: Snapshot;
  /** Settles once the snapshot no longer holds old values in the database. */
  readonly closed: Promise<void>;
  readonly #markClosed: () => void;
  #users = 1;

  /** The maker is the first user. */
  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
    let markClosed = (): void => undefined;
    this.closed = new Promise((resolve) => {
      markClosed = resolve;
    });
    this.#markClosed = markClosed;
  }

  acquire(): this {
    this.#users += 1;
    return this;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) void this.snapshot.close().finally(this.#markClosed);
  }
}
