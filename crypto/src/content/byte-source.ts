/**
 * Pulling from a stream that may be aborted or left at any moment.
 *
 * @module
 */
import { assertBytes, concatBytes } from '../bytes.js';

/** A stream of bytes, in pieces of any size. */
export type ByteStream = AsyncIterable<Uint8Array>;

/**
 * The reading end of a stream: non-empty pieces, an end, and a {@link ByteSource.close} that reaches
 * the source even while it is silent.
 */
export class ByteSource {
  readonly #source: ByteStream;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  #leftover: Uint8Array | null = null;
  #pulling = false;
  #ended = false;
  #interrupt: ((reason: unknown) => void) | null = null;

  constructor(source: ByteStream, signal?: AbortSignal) {
    this.#source = source;
    this.#iterator = source[Symbol.asyncIterator]();
    this.#signal = signal;
  }

  /** The next non-empty piece, or `null` at the end. @throws the signal's reason, at once. */
  async pull(): Promise<Uint8Array | null> {
    this.#signal?.throwIfAborted();
    const leftover = this.#leftover;
    if (leftover !== null) {
      this.#leftover = null;
      return leftover;
    }
    while (!this.#ended) {
      const result = await this.#next();
      this.#ended ||= result.done === true;
      if (result.done === true) break;
      assertBytes(result.value, 'piece of the source');
      if (result.value.length > 0) return result.value;
    }
    return null;
  }

  /** Reads `length` bytes, or fewer where the stream ends. For short reads: it copies. */
  async take(length: number): Promise<Uint8Array> {
    let taken: Uint8Array = new Uint8Array(0);
    while (taken.length < length) {
      const piece = await this.pull();
      if (piece === null) break;
      const missing = length - taken.length;
      taken = concatBytes(taken, piece.subarray(0, missing));
      if (piece.length > missing) this.#leftover = piece.subarray(missing);
    }
    return taken;
  }

  /**
   * Closes the source unless it has ended, and fails a pull that is waiting. Its own failure to close
   * is dropped: the caller already has the reason for leaving early.
   */
  async close(): Promise<void> {
    this.#leftover = null;
    if (this.#ended) return;
    this.#ended = true;
    this.#interrupt?.(new Error('the stream was closed while it was read'));
    // A generator queues return() behind a pending next(), and a Node stream that nobody has read
    // does not notice it: only destroy() closes these two at once.
    const { destroy } = this.#source as { destroy?: () => unknown };
    if (typeof destroy === 'function') destroy.call(this.#source);
    const closing = Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
    if (!this.#pulling) await closing;
  }

  // An interruption per pull: racing one long-lived promise would keep a reaction of every pull alive.
  async #next(): Promise<IteratorResult<Uint8Array, unknown>> {
    const interrupted = new Promise<never>((_resolve, reject) => {
      this.#interrupt = reject;
    });
    const onAbort = (): void => this.#interrupt?.(this.#signal?.reason);
    this.#signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([this.#nextOfSource(), interrupted]);
    } finally {
      this.#signal?.removeEventListener('abort', onAbort);
      this.#interrupt = null;
    }
  }

  async #nextOfSource(): Promise<IteratorResult<Uint8Array, unknown>> {
    this.#pulling = true;
    try {
      return await this.#iterator.next();
    } catch (error) {
      this.#ended = true;
      throw error;
    } finally {
      this.#pulling = false;
    }
  }
}

/**
 * Joins a generator to the source that it reads, so that leaving the one closes the other, also
 * before the first and during a pending `next()`.
 */
export function closingWith(
  input: Pick<ByteSource, 'close'>,
  generator: AsyncGenerator<Uint8Array, void, void>,
): AsyncIterableIterator<Uint8Array> {
  return {
    next: () => generator.next(),
    return: async () => {
      await input.close();
      return generator.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
