import { beforeAll, describe, expect, it } from '@jest/globals';
import { decryptContentRange, encryptContent } from '../../src/content/index.js';
import type { DecryptContentRangeOptions, ReadRange } from '../../src/content/index.js';
import {
  collect,
  expectSameBytes,
  HEADER,
  keys,
  MIN_CHUNK,
  MIN_CHUNK_LOG2,
  pattern,
  pieces,
  silent,
  TAG,
} from './content-fixtures.js';

const SEALED = MIN_CHUNK + TAG;
const plaintext = pattern(4 * MIN_CHUNK + 10);
let envelope: Uint8Array;

beforeAll(async () => {
  const options = { ...keys, chunkSizeLog2: MIN_CHUNK_LOG2 };
  envelope = await collect(encryptContent(pieces(plaintext), options));
});

const reader =
  (bytes: Uint8Array): ReadRange =>
  (offset, lengthBytes) =>
    pieces(bytes.subarray(offset, offset + lengthBytes), 20_000);

const range = (
  offset?: number,
  lengthBytes?: number,
  readRange: ReadRange = reader(envelope),
  contentSizeBytes = envelope.length,
): AsyncIterableIterator<Uint8Array> => {
  const options: DecryptContentRangeOptions = { ...keys, contentSizeBytes, offset, lengthBytes };
  return decryptContentRange(readRange, options);
};

describe('decryptContentRange', () => {
  it.each([
    ['everything', undefined, undefined],
    ['the first byte', 0, 1],
    ['the last byte', plaintext.length - 1, 1],
    ['the byte before a border', MIN_CHUNK - 1, 1],
    ['the byte after a border', MIN_CHUNK, 1],
    ['a whole chunk', MIN_CHUNK, MIN_CHUNK],
    ['both sides of a border', MIN_CHUNK - 3, 6],
    ['three chunks and a bit', MIN_CHUNK - 3, 3 * MIN_CHUNK + 5],
    ['past the end', 4 * MIN_CHUNK + 5, 10 * MIN_CHUNK],
    ['nothing within', MIN_CHUNK, 0],
    ['nothing at the end', plaintext.length, undefined],
  ])('gives %s', async (_name, offset, length) => {
    const begin = offset ?? 0;
    const expected = plaintext.slice(begin, begin + (length ?? plaintext.length));
    expectSameBytes(await collect(range(offset, length)), expected);
  });

  it('reads the header and the chunks that the part touches, no more', async () => {
    const reads: [number, number][] = [];
    const recording: ReadRange = (offset, lengthBytes) => {
      reads.push([offset, lengthBytes]);
      return reader(envelope)(offset, lengthBytes);
    };
    await collect(range(MIN_CHUNK + 5, MIN_CHUNK, recording));
    await collect(range(4 * MIN_CHUNK, 1, recording));
    expect(reads).toEqual([
      [0, HEADER],
      [HEADER + SEALED, 2 * SEALED],
      [0, HEADER],
      [HEADER + 4 * SEALED, 10 + TAG],
    ]);
  });

  it('does not notice damage elsewhere, and refuses it where it reads', async () => {
    const forged = envelope.slice();
    forged[HEADER + 2 * SEALED]! ^= 1;
    const forgedReader = reader(forged);
    expectSameBytes(
      await collect(range(0, MIN_CHUNK, forgedReader)),
      plaintext.subarray(0, MIN_CHUNK),
    );
    await expect(collect(range(2 * MIN_CHUNK + 7, 1, forgedReader))).rejects.toMatchObject({
      code: 'CONTENT_CHUNK_INVALID',
    });
  });

  it('refuses a chunk served from another place', async () => {
    const shifted: ReadRange = (offset, length) =>
      reader(envelope)(offset === 0 ? 0 : offset + SEALED, length);
    await expect(collect(range(0, 1, shifted))).rejects.toMatchObject({
      code: 'CONTENT_CHUNK_INVALID',
    });
  });

  it('refuses a content size that hides the end, once it reads there', async () => {
    const cut = HEADER + 3 * SEALED;
    await expect(
      collect(range(2 * MIN_CHUNK, 5, reader(envelope.subarray(0, cut)), cut)),
    ).rejects.toMatchObject({ code: 'CONTENT_TRUNCATED' });
    await expect(
      collect(range(4 * MIN_CHUNK, 5, reader(envelope), envelope.length + 1)),
    ).rejects.toMatchObject({ code: 'CONTENT_TRUNCATED' });
  });

  it('refuses a store that gives fewer or more bytes than it was asked for', async () => {
    const by =
      (difference: number): ReadRange =>
      (offset, length) =>
        reader(envelope)(offset, offset === 0 ? length : length + difference);
    for (const difference of [-1, -SEALED, -2 * SEALED]) {
      await expect(collect(range(0, 2 * MIN_CHUNK, by(difference)))).rejects.toMatchObject({
        code: 'CONTENT_TRUNCATED',
      });
    }
    for (const difference of [1, SEALED]) {
      await expect(collect(range(0, 2 * MIN_CHUNK, by(difference)))).rejects.toMatchObject({
        code: 'CONTENT_TRAILING_DATA',
      });
    }
  });

  it('refuses another DEK or context and an impossible size', async () => {
    const wrong = { dek: pattern(32), context: keys.context, contentSizeBytes: envelope.length };
    await expect(collect(decryptContentRange(reader(envelope), wrong))).rejects.toMatchObject({
      code: 'CONTENT_KEY_MISMATCH',
    });
    await expect(collect(range(0, 1, reader(envelope), HEADER + 3))).rejects.toMatchObject({
      code: 'CONTENT_TRUNCATED',
    });
  });

  it('refuses offsets and lengths that are none', async () => {
    expect(() => range(-1)).toThrow(RangeError);
    expect(() => range(0.5)).toThrow(RangeError);
    expect(() => range(0, -1)).toThrow(RangeError);
    await expect(collect(range(plaintext.length + 1))).rejects.toThrow(RangeError);
  });

  it('closes the stream it reads on abort', async () => {
    const controller = new AbortController();
    const body = silent(envelope.subarray(HEADER, HEADER + 10));
    const stream = decryptContentRange(
      (offset, length) => (offset === 0 ? reader(envelope)(offset, length) : body),
      { ...keys, contentSizeBytes: envelope.length, signal: controller.signal },
    );
    const waiting = collect(stream);
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    expect(body.closed).toBe(true);
  });

  it('reads content of no bytes', async () => {
    const empty = await collect(encryptContent(pieces(new Uint8Array(0)), keys));
    const parts = await collect(range(0, undefined, reader(empty), empty.length));
    expect(parts).toHaveLength(0);
  });
});
