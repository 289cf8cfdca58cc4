/**
 * Lets readers of the chain wait for the next block.
 *
 * @module
 */

const KEEP_ALIVE_MS = 60_000;

/** Wakes everybody who waits whenever it is told that there is more. */
export class HeightSignal {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Resolves at the next {@link notify}, or at once when `signal` is aborted. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      // Nothing else keeps the process alive for a reader that waits for another one's block.
      const alive = setInterval(() => undefined, KEEP_ALIVE_MS);
      const wake = (): void => {
        clearInterval(alive);
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
