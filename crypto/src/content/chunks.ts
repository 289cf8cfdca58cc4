/**
 * Regrouping a stream into chunks and working on several of them at a time.
 *
 * @module
 */
import type { ByteSource } from './byte-source.js';

/** A chunk of a stream. */
export interface Chunk {
  readonly index: number;
  /** Whether the stream ends with it. */
  readonly last: boolean;
  /** Valid until as many more chunks have been asked for as the regrouping has slots. */
  readonly bytes: Uint8Array;
}

/**
 * Regroups a stream into chunks of exactly `sizeBytes`, the last one shorter; a stream of nothing is
 * one empty last chunk. A chunk is given out once it is known whether it is the last.
 *
 * Memory: at most `slots` buffers of a chunk, used in turn; a short stream takes about its own size.
 */
export async function* chunksOf(
  source: ByteSource,
  sizeBytes: number,
  slots: number,
): AsyncGenerator<Chunk, void, void> {
  const ring: Uint8Array[] = [];
  let index = 0;
  let slot = 0;
  let filled = 0;
  for (let piece = await source.pull(); piece !== null; piece = await source.pull()) {
    for (let at = 0; at < piece.length;) {
      if (filled === sizeBytes) {
        yield { index: index++, last: false, bytes: held(ring[slot], filled) };
        slot = (slot + 1) % slots;
        filled = 0;
      }
      if (filled === 0 && piece.length - at > sizeBytes) {
        yield { index: index++, last: false, bytes: piece.subarray(at, at + sizeBytes) };
        at += sizeBytes;
        continue;
      }
      // Copied, not kept: a source may use its own buffer again for the next piece.
      const copied = piece.subarray(at, at + sizeBytes - filled);
      const buffer = grown(ring[slot], filled, filled + copied.length, sizeBytes);
      buffer.set(copied, filled);
      ring[slot] = buffer;
      filled += copied.length;
      at += copied.length;
    }
  }
  yield { index, last: true, bytes: held(ring[slot], filled) };
}

/**
 * Applies `work` to each item with up to `width` of them under way, and yields the results in order.
 * `work` must have read its item when it returns its promise.
 */
export async function* inOrder<T, U>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<U>,
  width: number,
): AsyncGenerator<U, void, void> {
  const underWay: Promise<U>[] = [];
  for await (const item of items) {
    const result = work(item);
    // It may fail before its turn, or never get one: that is no unhandled rejection.
    result.catch(() => undefined);
    underWay.push(result);
    if (underWay.length >= width) yield* underWay.splice(0, 1);
  }
  yield* underWay;
}

function held(buffer: Uint8Array | undefined, filled: number): Uint8Array {
  return buffer?.subarray(0, filled) ?? new Uint8Array(0);
}

function grown(
  buffer: Uint8Array | undefined,
  filled: number,
  neededBytes: number,
  limitBytes: number,
): Uint8Array {
  if (buffer !== undefined && buffer.length >= neededBytes) return buffer;
  const larger = new Uint8Array(Math.min(limitBytes, Math.max(neededBytes, 2 * filled)));
  larger.set(held(buffer, filled));
  return larger;
}
