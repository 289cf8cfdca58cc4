const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;
/** A node that was left alone for so long begins anew. */
const CALM_MS = 900_000;

interface Turn {
  at: number;
  pauseMs: number;
}

/** When a node may be restarted again: at once, then after 10 s, 20 s, … up to five minutes. */
export class BackOff {
  readonly #turns = new Map<string, Turn>();

  isDue(node: string, now: number): boolean {
    const turn = this.#turns.get(node);
    return turn === undefined || now >= turn.at + turn.pauseMs;
  }

  /** Notes a restart. */
  take(node: string, now: number): void {
    const turn = this.#turns.get(node);
    const isCalm = turn === undefined || now - turn.at > CALM_MS;
    const pauseMs = isCalm ? FIRST_MS : Math.min(turn.pauseMs * 2, LONGEST_MS);
    this.#turns.set(node, { at: now, pauseMs });
  }
}
