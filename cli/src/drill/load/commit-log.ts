/**
 * When transactions were acknowledged, as the clients under load saw it.
 *
 * @module
 */
import type { Ledger } from '@emr-share/gateway-client';

/** One acknowledged transaction; times of `performance.now()`. */
interface Commit {
  readonly begunAt: number;
  readonly acknowledgedAt: number;
}

export class CommitLog {
  readonly #commits: Commit[] = [];
  #onCommit: () => void = () => undefined;
  #nextCommit = this.#promise();

  /** Transactions acknowledged. */
  get count(): number {
    return this.#commits.length;
  }

  /** A ledger whose submits are noted here. */
  watch(ledger: Ledger): Ledger {
    return {
      mspId: ledger.mspId,
      userId: ledger.userId,
      evaluate: (name, request, options) => ledger.evaluate(name, request, options),
      events: (options) => ledger.events(options),
      submit: async (name, request, options) => {
        const begunAt = performance.now();
        const committed = await ledger.submit(name, request, options);
        this.note({ begunAt, acknowledgedAt: performance.now() });
        return committed;
      },
    };
  }

  note(commit: Commit): void {
    this.#commits.push(commit);
    this.#onCommit();
    this.#nextCommit = this.#promise();
  }

  /** When the first transaction that was begun at `since` or later was acknowledged; `null`: not yet. */
  firstBegunSince(since: number): number | null {
    const times = this.#commits
      .filter(({ begunAt }) => begunAt >= since)
      .map(({ acknowledgedAt }) => acknowledgedAt);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Resolves at the next acknowledgement. */
  next(): Promise<void> {
    return this.#nextCommit;
  }

  /** The longest time without an acknowledgement between `from` and `until`. */
  longestGapMs(from: number, until: number): number {
    const times = this.#commits
      .map(({ acknowledgedAt }) => acknowledgedAt)
      .filter((time) => time > from && time < until)
      .sort((a, b) => a - b);
    const marks = [from, ...times, until];
    return Math.max(...marks.slice(1).map((time, i) => time - (marks[i] ?? time)));
  }

  #promise(): Promise<void> {
    return new Promise((resolve) => {
      this.#onCommit = resolve;
    });
  }
}
