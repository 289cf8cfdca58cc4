import { beforeAll, describe, expect, it } from '@jest/globals';
import { CryptoError } from '../../src/crypto-error.js';
import type { CryptoErrorCode } from '../../src/crypto-error.js';
import { decryptContent, encryptContent } from '../../src/content/index.js';
import type { ContentOptions } from '../../src/content/index.js';
import {
  collect,
  collectUntilError,
  context,
  dek,
  HEADER,
  keys,
  MIN_CHUNK,
  MIN_CHUNK_LOG2,
  pattern,
  pieces,
  TAG,
} from './content-fixtures.js';

const SEALED = MIN_CHUNK + TAG;
const LAST = 50;
const SLOW = process.env['SLOW'] === '1';
const plaintext = pattern(3 * MIN_CHUNK + LAST);
/** Three full chunks and one of 50 bytes; the same size from another record; one of 100 bytes. */
let envelope: Uint8Array;
let otherEnvelope: Uint8Array;
let short: Uint8Array;

beforeAll(async () => {
  const chunkSizeLog2 = MIN_CHUNK_LOG2;
  envelope = await collect(encryptContent(pieces(plaintext), { ...keys, chunkSizeLog2 }));
  otherEnvelope = await collect(
    encryptContent(pieces(plaintext), { dek, context: pattern(9), chunkSizeLog2 }),
  );
  short = await collect(encryptContent(pieces(pattern(100)), { ...keys, chunkSizeLog2 }));
});

/** Opens a forged envelope; what it yields before it fails is a beginning of the true content. */
async function codeOf(
  forged: Uint8Array,
  options: ContentOptions = keys,
): Promise<CryptoErrorCode | 'opened'> {
  const { yielded, error } = await collectUntilError(decryptContent(pieces(forged), options));
  expectBeginning(yielded);
  if (error === undefined) return 'opened';
  if (CryptoError.is(error)) return error.code;
  throw error as Error;
}

function expectBeginning(yielded: Uint8Array): void {
  const expected = plaintext.subarray(0, yielded.length);
  if (Buffer.compare(yielded, expected) !== 0) throw new Error('yielded what was not filed');
}

const flipped = (bytes: Uint8Array, at: number, bit = at % 8): Uint8Array => {
  const copy = bytes.slice();
  copy[at]! ^= 1 << bit;
  return copy;
};
const chunk = (of: Uint8Array, i: number): Uint8Array =>
  of.subarray(HEADER + i * SEALED, HEADER + (i + 1) * SEALED);
const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const head = (): Uint8Array => envelope.subarray(0, HEADER);

describe('a flipped bit', () => {
  it('in the header is refused before anything is yielded', async () => {
    for (let bit = 0; bit < HEADER * 8; bit++) {
      const at = bit >> 3;
      const forged = flipped(short, at, bit % 8);
      const { yielded, error } = await collectUntilError(decryptContent(pieces(forged), keys));
      expect(yielded).toHaveLength(0);
      expect(error).toBeInstanceOf(CryptoError);
      const codes: CryptoErrorCode[] =
        at < 5 || at === 7
          ? ['CONTENT_HEADER_INVALID']
          : at === 5
            ? ['CONTENT_SUITE_UNKNOWN']
            : at === 6
              ? ['CONTENT_HEADER_INVALID', 'CONTENT_KEY_MISMATCH']
              : ['CONTENT_KEY_MISMATCH'];
      expect(codes).toContain((error as CryptoError).code);
    }
  });

  it('in any byte of a short chunk or its tag is refused', async () => {
    for (let bit = HEADER * 8; bit < short.length * 8; bit++) {
      const { yielded, error } = await collectUntilError(
        decryptContent(pieces(flipped(short, bit >> 3, bit % 8)), keys),
      );
      expect(yielded).toHaveLength(0);
      expect(error).toMatchObject({ code: 'CONTENT_CHUNK_INVALID' });
    }
  });

  it('in a full chunk is refused', async () => {
    const one = await collect(
      encryptContent(pieces(pattern(MIN_CHUNK)), { ...keys, chunkSizeLog2: MIN_CHUNK_LOG2 }),
    );
    const missed: [at: number, code: string][] = [];
    // A step of 31 meets every position in a cipher block; SLOW=1 takes every byte.
    for (let at = HEADER; at < one.length; at += SLOW ? 1 : 31) {
      one[at]! ^= 1 << (at % 8);
      const stream = decryptContent(pieces(one), keys);
      const code = await stream.next().then(
        () => 'opened',
        (error: unknown) => (error as CryptoError).code,
      );
      one[at]! ^= 1 << (at % 8);
      if (code !== 'CONTENT_CHUNK_INVALID') missed.push([at, code]);
    }
    expect(missed).toEqual([]);
    expect(await codeOf(one)).toBe('opened');
  });

  it('in the last of several chunks is refused after the chunks before it were yielded', async () => {
    for (let at = HEADER + 3 * SEALED; at < envelope.length; at++) {
      const forged = flipped(envelope, at);
      const { yielded, error } = await collectUntilError(decryptContent(pieces(forged), keys));
      expect(yielded.length).toBe(3 * MIN_CHUNK);
      expectBeginning(yielded);
      expect(error).toMatchObject({ code: 'CONTENT_CHUNK_INVALID' });
    }
  });
});

describe('a cut', () => {
  it('at any length of short content is refused', async () => {
    for (let length = 0; length < short.length; length++) {
      const code = await codeOf(short.subarray(0, length));
      const cutInChunk = length >= HEADER + TAG;
      expect(code).toBe(cutInChunk ? 'CONTENT_CHUNK_INVALID' : 'CONTENT_TRUNCATED');
    }
  });

  it('between chunks is named as one', async () => {
    for (const chunks of [0, 1, 2, 3]) {
      expect(await codeOf(envelope.subarray(0, HEADER + chunks * SEALED))).toBe(
        'CONTENT_TRUNCATED',
      );
    }
  });

  it('at any length near a border or within the last chunk is refused', async () => {
    const lengths = [1, 2].flatMap((i) =>
      Array.from({ length: 2 * TAG + 6 }, (_, d) => HEADER + i * SEALED + d - TAG - 3),
    );
    for (let length = HEADER + 3 * SEALED; length < envelope.length; length++) lengths.push(length);
    for (const length of lengths) {
      const code = await codeOf(envelope.subarray(0, length));
      const beyond = (length - HEADER) % SEALED;
      expect(code).toBe(beyond <= TAG ? 'CONTENT_TRUNCATED' : 'CONTENT_CHUNK_INVALID');
    }
  });

  it('of the tag or to an empty chunk of content of no bytes is refused', async () => {
    const empty = await collect(encryptContent(pieces(new Uint8Array(0)), keys));
    expect(empty).toHaveLength(HEADER + TAG);
    expect(await collect(decryptContent(pieces(empty), keys))).toHaveLength(0);
    for (let length = HEADER; length < empty.length; length++) {
      expect(await codeOf(empty.subarray(0, length))).toBe('CONTENT_TRUNCATED');
    }
  });
});

describe('rearranged chunks', () => {
  it('are refused when two are swapped', async () => {
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => chunk(envelope, i)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(await codeOf(joined(head(), a, b, c, d))).toBe('opened');
    expect(await codeOf(joined(head(), b, a, c, d))).toBe('CONTENT_CHUNK_INVALID');
    expect(await codeOf(joined(head(), a, c, b, d))).toBe('CONTENT_CHUNK_INVALID');
  });

  it('are refused when one is repeated or missing', async () => {
    const parts = [0, 1, 2, 3].map((i) => chunk(envelope, i));
    for (const i of [0, 1, 2]) {
      const repeated = joined(head(), ...parts.slice(0, i + 1), ...parts.slice(i));
      expect(await codeOf(repeated)).toBe('CONTENT_CHUNK_INVALID');
      const dropped = joined(head(), ...parts.slice(0, i), ...parts.slice(i + 1));
      expect(await codeOf(dropped)).toBe('CONTENT_CHUNK_INVALID');
    }
  });

  it('are refused when one comes from another record, or all but the header do', async () => {
    for (const i of [0, 1, 2, 3]) {
      const parts = [0, 1, 2, 3].map((j) => chunk(j === i ? otherEnvelope : envelope, j));
      expect(await codeOf(joined(head(), ...parts))).toBe('CONTENT_CHUNK_INVALID');
    }
    const body = otherEnvelope.subarray(HEADER);
    expect(await codeOf(joined(head(), body))).toBe('CONTENT_CHUNK_INVALID');
  });

  it('are refused when one comes from an earlier envelope of the same record', async () => {
    const earlier = await collect(
      encryptContent(pieces(plaintext), { ...keys, chunkSizeLog2: MIN_CHUNK_LOG2 }),
    );
    const parts = [0, 1, 2, 3].map((i) => chunk(i === 1 ? earlier : envelope, i));
    expect(await codeOf(joined(head(), ...parts))).toBe('CONTENT_CHUNK_INVALID');
  });
});

describe('an addition', () => {
  it('after a full last chunk is named as one', async () => {
    const whole = await collect(
      encryptContent(pieces(plaintext.subarray(0, 2 * MIN_CHUNK)), {
        ...keys,
        chunkSizeLog2: MIN_CHUNK_LOG2,
      }),
    );
    for (const extra of [1, TAG, TAG + 1, SEALED, 2 * SEALED + 1]) {
      const forged = joined(whole, pattern(extra));
      // In small pieces too: then the chunks that follow pass through the same buffers.
      for (const size of [forged.length, 1000]) {
        const reading = collect(decryptContent(pieces(forged, size), keys));
        await expect(reading).rejects.toMatchObject({ code: 'CONTENT_TRAILING_DATA' });
      }
    }
  });

  it('after a short last chunk is refused', async () => {
    for (const extra of [1, TAG, SEALED]) {
      expect(await codeOf(joined(envelope, pattern(extra)))).toBe('CONTENT_CHUNK_INVALID');
    }
  });
});

describe('the wrong secret', () => {
  it('is told from damage: another DEK, another context', async () => {
    for (let bit = 0; bit < 256; bit += 5) {
      const wrong = { dek: flipped(dek, bit >> 3, bit % 8), context };
      expect(await codeOf(envelope, wrong)).toBe('CONTENT_KEY_MISMATCH');
    }
    for (let at = 0; at < context.length; at++) {
      const wrong = { dek, context: flipped(context, at) };
      expect(await codeOf(envelope, wrong)).toBe('CONTENT_KEY_MISMATCH');
    }
    expect(await codeOf(envelope, { dek, context: new Uint8Array(0) })).toBe(
      'CONTENT_KEY_MISMATCH',
    );
  });

  it('does not stand in the message', async () => {
    const { error } = await collectUntilError(
      decryptContent(pieces(envelope), { dek: pattern(32), context }),
    );
    expect((error as Error).message).not.toMatch(/[0-9a-f]{16}/i);
    expect((error as Error).message).not.toContain('imaging');
  });
});
