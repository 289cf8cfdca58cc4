import { expect } from '@jest/globals';
import { nobleProvider, nodeProvider, webcryptoProvider } from '../../src/provider/index.js';
import type { CryptoProvider } from '../../src/provider/index.js';

export const MIN_CHUNK_LOG2 = 16;
export const MIN_CHUNK = 2 ** MIN_CHUNK_LOG2;
export const HEADER = 72;
export const TAG = 16;

export const dek = new Uint8Array(32).fill(0xd1);
export const context = new TextEncoder().encode('record 7 / imaging / 1 / R');
export const keys = { dek, context };

/** Every way to compute the primitives that this platform has. */
export const providers: readonly CryptoProvider[] = [
  nodeProvider()!,
  webcryptoProvider()!,
  nobleProvider(),
];

/** Bytes that differ from place to place, so that a chunk out of place shows. */
export function pattern(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => (i ^ (i >> 8) ^ (i >> 16)) & 0xff);
}

/** A source that cuts `bytes` into pieces of the given sizes, in turn. */
export async function* pieces(bytes: Uint8Array, ...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length;
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

/** Records what was yielded before the stream failed, and the failure. */
export async function collectUntilError(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ readonly yielded: Uint8Array; readonly error: unknown }> {
  const parts: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const part of stream) parts.push(part);
  } catch (caught) {
    error = caught;
  }
  return { yielded: new Uint8Array(Buffer.concat(parts)), error };
}

/** A source that tells whether it was read and whether it was closed early. */
export function watched(bytes: Uint8Array): {
  readonly source: AsyncIterable<Uint8Array>;
  readonly seen: { reads: number; closed: boolean };
} {
  const seen = { reads: 0, closed: false };
  const inner = pieces(bytes, 1 << 16);
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        seen.reads += 1;
        return inner.next();
      },
      return: () => {
        seen.closed = true;
        return inner.return(undefined);
      },
    }),
  };
  return { source, seen };
}

/** A source that gives one piece and then nothing, ever. */
export function silent(first: Uint8Array): AsyncIterable<Uint8Array> & { closed: boolean } {
  let given = false;
  return {
    closed: false,
    [Symbol.asyncIterator]() {
      return {
        next: () => {
          if (given) return new Promise(() => undefined);
          given = true;
          return Promise.resolve({ done: false, value: first });
        },
        return: () => {
          this.closed = true;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      };
    },
  };
}

/** Compares long byte strings; `toEqual` walks them property by property. */
export function expectSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  expect(Buffer.compare(actual, expected)).toBe(0);
}
