import type { LinkTerms } from './link-terms.js';

/** One direction of a place's link: packets leave it one after the other, at its rate. */
export class Line {
  #freeAt = 0;

  /**
   * Takes a packet to its end.
   *
   * @returns when its last bit has left, or `null` where the queue is full: it is dropped
   */
  take(
    bytes: number,
    now: number,
    { bitsPerSecond, queueBytes }: Pick<LinkTerms, 'bitsPerSecond' | 'queueBytes'>,
  ): number | null {
    if (bitsPerSecond === null) return now;
    const bitsPerMs = bitsPerSecond / 1000;
    const startsAt = Math.max(now, this.#freeAt);
    const waitingBytes = ((startsAt - now) * bitsPerMs) / 8;
    if (waitingBytes + bytes > queueBytes) return null;
    this.#freeAt = startsAt + (bytes * 8) / bitsPerMs;
    return this.#freeAt;
  }
}
