/**
 * Streams of bytes: watching one pass, reading one to its end.
 *
 * @module
 */

/** Watches what passes. Each hook may throw to fail the stream. */
export interface StreamHooks {
  readonly onPiece?: ((piece: Uint8Array) => void) | undefined;
  readonly onEnd?: (() => void) | undefined;
  /** Gives the error to fail with instead. */
  readonly onError?: ((error: unknown) => unknown) | undefined;
}

/**
 * Passes a stream on and lets `hooks` watch it. Not a generator: `return()` reaches the source at
 * once, also while a `next()` is pending, and so does Node's `destroy()`.
 */
export function watchStream(
  source: AsyncIterable<Uint8Array>,
  hooks: StreamHooks,
): AsyncIterableIterator<Uint8Array, undefined> & { destroy(): void } {
  const iterator = source[Symbol.asyncIterator]();
  const close = async (): Promise<void> => {
    await iterator.return?.();
  };
  return {
    async next() {
      let result: IteratorResult<Uint8Array, unknown>;
      try {
        result = await iterator.next();
      } catch (error) {
        throw hooks.onError?.(error) ?? error;
      }
      try {
        if (result.done === true) {
          hooks.onEnd?.();
          return { done: true, value: undefined };
        }
        hooks.onPiece?.(result.value);
        return { done: false, value: result.value };
      } catch (error) {
        if (result.done !== true) await close();
        throw error;
      }
    },
    async return() {
      await close();
      return { done: true, value: undefined };
    },
    destroy() {
      const { destroy } = source as { destroy?: () => unknown };
      if (typeof destroy === 'function') destroy.call(source);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/**
 * Closes a stream, at once where it can: a generator answers `return()` only after a `next()` that
 * may hang, and a Node stream that nobody has read does not notice it.
 */
export async function closeStream(
  source: AsyncIterable<Uint8Array>,
  iterator: AsyncIterator<Uint8Array> = source[Symbol.asyncIterator](),
): Promise<void> {
  const { destroy } = source as { destroy?: () => unknown };
  if (typeof destroy === 'function') destroy.call(source);
  await Promise.resolve(iterator.return?.()).catch(() => undefined);
}

/** Rejects when `signal` aborts, even while the stream is silent, and closes the stream then. */
export async function consumeStream(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  onPiece: (piece: Uint8Array) => void,
): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<Uint8Array, unknown>> => {
    const { promise: aborted, stop } = whenAborted(signal);
    try {
      return await Promise.race([iterator.next(), aborted]);
    } finally {
      stop();
    }
  };
  try {
    for (let result = await next(); result.done !== true; result = await next()) {
      onPiece(result.value);
    }
  } catch (error) {
    void closeStream(source, iterator);
    throw error;
  }
}

function whenAborted(signal: AbortSignal): { promise: Promise<never>; stop: () => void } {
  let stop = (): void => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    stop = () => {
      signal.removeEventListener('abort', onAbort);
    };
  });
  return { promise, stop };
}

/** Reads a stream into one byte string. For content that fits in memory. */
export async function readBytes(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of source) {
    pieces.push(piece);
    sizeBytes += piece.length;
  }
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
