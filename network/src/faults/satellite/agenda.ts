/**
 * Things to do at given moments, in order, with one timer.
 *
 * @module
 */
interface Entry {
  readonly at: number;
  readonly act: () => void;
}

export class Agenda {
  readonly #now: () => number;
  /** Sorted by time; of the same moment, in the order in which they were entered. */
  #entries: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param now - a clock in milliseconds that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Has something done at a moment, never before it; at once where that is past. */
  enter(at: number, act: () => void): void {
    const entries = this.#entries;
    let place = entries.length;
    while (place > 0 && (entries[place - 1]?.at ?? 0) > at) place -= 1;
    entries.splice(place, 0, { at, act });
    if (place === 0) this.#arm();
  }

  /** Forgets everything. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#entries = [];
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const [next] = this.#entries;
    if (next === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#work();
      },
      Math.max(0, next.at - this.#now()),
    );
  }

  #work(): void {
    for (;;) {
      const [next] = this.#entries;
      // A timer may fire a fraction of a millisecond early.
      if (next === undefined || next.at > this.#now()) break;
      this.#entries.shift();
      next.act();
    }
    this.#arm();
  }
}
