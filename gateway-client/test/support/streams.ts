/**
 * Streams for tests.
 *
 * @module
 */

/** A stream of these pieces that notes whether it was closed. */
export function pieces(...parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> & {
  readonly closed: boolean;
} {
  const state = { closed: false };
  async function* generate(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (const part of parts) yield await Promise.resolve(part);
    } finally {
      state.closed = true;
    }
  }
  const generator = generate();
  return {
    [Symbol.asyncIterator]: () => generator,
    get closed() {
      return state.closed;
    },
  };
}

/** A stream that says nothing until it is closed. */
export function silent(): AsyncIterable<Uint8Array> & { readonly closed: boolean } {
  const state = { closed: false };
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => undefined),
      return: () => {
        state.closed = true;
        return Promise.resolve({ done: true as const, value: undefined });
      },
    }),
    get closed() {
      return state.closed;
    },
  };
}

/** Bytes that are easy to tell apart. */
export function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}
