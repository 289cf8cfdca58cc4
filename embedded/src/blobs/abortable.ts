/**
 * Prompt and tidy ends for streams from outside.
 *
 * @module
 */
import { setMaxListeners } from 'node:events';

/**
 * Waits for `promise`, or rejects with the signal's reason as soon as it aborts.
 * The promise is left to settle on its own; a late rejection of it is not an unhandled one.
 */
export async function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, stop } = abortion(signal);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}

/** Rejects with the signal's reason when it aborts; `stop` removes the listener. */
function abortion(signal: AbortSignal): { promise: Promise<never>; stop: () => void } {
  // Any number of calls may wait on one signal at a time; Node takes more than ten for a leak.
  setMaxListeners(0, signal);
  let abort = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    abort = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  return {
    promise,
    stop: () => {
      signal.removeEventListener('abort', abort);
    },
  };
}

/**
 * Passes a source on, ends promptly on abort, and closes the source when the reading ends early,
 * whether by abort or because the reader stops.
 *
 * Between two pulls the source's `return()` is awaited. During a pull it cannot be: a generator that
 * waits for data returns only after the data came. It is asked all the same, and a source with a
 * `destroy` of its own (a Node stream) is destroyed.
 */
export async function* abortable(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const state = { pulling: false, ended: false };
  const pull = async (): Promise<IteratorResult<Uint8Array>> => {
    state.pulling = true;
    const result = await iterator.next();
    state.pulling = false;
    state.ended = result.done === true;
    return result;
  };
  try {
    for (;;) {
      signal?.throwIfAborted();
      const result = await orAborted(pull(), signal);
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    if (state.pulling) abandon(source, iterator);
    else if (!state.ended) await iterator.return?.().catch(() => undefined);
  }
}

/** Asks a source that is waiting for data to end, without waiting for it. */
function abandon(source: AsyncIterable<Uint8Array>, iterator: AsyncIterator<Uint8Array>): void {
  const { destroy } = source as { readonly destroy?: () => unknown };
  if (typeof destroy === 'function') destroy.call(source);
  iterator.return?.().catch(() => undefined);
}
