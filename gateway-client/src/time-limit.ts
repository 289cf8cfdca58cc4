/**
 * Every call to a server ends: by its answer, by its time limit, or by the caller's abort.
 *
 * @module
 */

/** What a call that ran out of time fails with; adapters turn it into an error of theirs. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';

  constructor(limitMs: number) {
    super(`no answer in ${limitMs} ms`);
  }
}

/**
 * Makes a call that ends by then. The signal given to `call` aborts at the limit and with `signal`;
 * the waiting ends at that moment, whether `call` heeds its signal or not.
 *
 * @throws the reason of `signal`; {@link TimeLimitError}; what `call` throws.
 */
export async function withTimeLimit<T>(
  limitMs: number,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const onAbort = (): void => {
    limit.abort(signal?.reason);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => {
    limit.abort(new TimeLimitError(limitMs));
  }, limitMs);
  try {
    return await orAborted(call(limit.signal), limit.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. */
export async function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return promise;
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
