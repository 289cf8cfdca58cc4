import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  contentPlaintextSizeBytes,
  contentSizeBytes,
  decryptContent,
  encryptContent,
  parseContentHeader,
} from '../../src/content/index.js';
import { chunkNonce } from '../../src/content/content-keys.js';
import { hexToBytes } from '../../src/bytes.js';
import { createSha256 } from '../../src/hash.js';
import { oracleEncrypt } from './content-oracle.mjs';
import {
  collect,
  context,
  dek,
  expectSameBytes,
  keys,
  MIN_CHUNK,
  MIN_CHUNK_LOG2,
  pattern,
  pieces,
  providers,
} from './content-fixtures.js';

interface ContentVector {
  readonly sizeBytes: number;
  readonly chunkSizeLog2: number;
  readonly dekHex: string;
  readonly saltHex: string;
  readonly contextHex: string;
  readonly envelopeSizeBytes: number;
  readonly envelopeSha256Hex: string;
  /** Present where the envelope is short. */
  readonly envelopeHex?: string;
}

const vectors = JSON.parse(
  readFileSync(new URL('content-vectors.json', import.meta.url), 'utf8'),
) as readonly ContentVector[];

describe.each(providers)('the content envelope with $name', (provider) => {
  it.each(vectors)('reproduces the vector of $sizeBytes bytes', async (vector) => {
    const plaintext = Uint8Array.from({ length: vector.sizeBytes }, (_, i) => i % 251);
    const secret = { dek: hexToBytes(vector.dekHex), context: hexToBytes(vector.contextHex) };
    const envelope = await collect(
      encryptContent(pieces(plaintext, 10_007), {
        ...secret,
        provider,
        chunkSizeLog2: vector.chunkSizeLog2,
        rng: () => hexToBytes(vector.saltHex),
      }),
    );
    expect(envelope.length).toBe(vector.envelopeSizeBytes);
    expect(createSha256().update(envelope).digestHex()).toBe(vector.envelopeSha256Hex);
    // The short ones stand in the file in full.
    const full = vector.envelopeHex ?? Buffer.from(envelope).toString('hex');
    expect(Buffer.from(envelope).toString('hex')).toBe(full);
    const opened = await collect(decryptContent(pieces(envelope, 77_777), { ...secret, provider }));
    expectSameBytes(opened, plaintext);
  });

  it('writes what the straight-line oracle writes', async () => {
    const plaintext = pattern(3 * MIN_CHUNK + 1);
    const salt = pattern(32);
    const envelope = await collect(
      encryptContent(pieces(plaintext, 1000, 70_000), {
        ...keys,
        provider,
        chunkSizeLog2: MIN_CHUNK_LOG2,
        rng: () => salt,
      }),
    );
    const expected = oracleEncrypt({
      plaintext,
      dek,
      context,
      salt,
      chunkSizeLog2: MIN_CHUNK_LOG2,
    });
    expectSameBytes(envelope, expected);
  });

  it('opens what every other provider wrote', async () => {
    const plaintext = pattern(MIN_CHUNK * 2 + 5);
    for (const other of providers) {
      const options = { ...keys, chunkSizeLog2: MIN_CHUNK_LOG2, provider: other };
      const envelope = await collect(encryptContent(pieces(plaintext), options));
      const opened = await collect(decryptContent(pieces(envelope, 9999), { ...keys, provider }));
      expectSameBytes(opened, plaintext);
    }
  });

  it('keeps content whole when the source uses one buffer for all its pieces', async () => {
    const plaintext = pattern(5 * MIN_CHUNK);
    async function* reusing(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(size);
      for (let at = 0; at < bytes.length; at += size) {
        const piece = bytes.subarray(at, at + size);
        buffer.set(piece);
        yield buffer.subarray(0, piece.length);
        buffer.fill(0xee);
        await Promise.resolve();
      }
    }
    for (const size of [MIN_CHUNK / 4, MIN_CHUNK, 2 * MIN_CHUNK + 9]) {
      const options = { ...keys, provider, chunkSizeLog2: MIN_CHUNK_LOG2 };
      const envelope = await collect(encryptContent(reusing(plaintext, size), options));
      const opened = await collect(decryptContent(reusing(envelope, size), { ...keys, provider }));
      expectSameBytes(opened, plaintext);
    }
  });
});

describe('encryptContent', () => {
  it('gives two envelopes of the same content no byte sequence in common', async () => {
    const first = await collect(encryptContent(pieces(pattern(1000)), keys));
    const second = await collect(encryptContent(pieces(pattern(1000)), keys));
    expect(first.subarray(0, 8)).toEqual(second.subarray(0, 8));
    expect(first.subarray(8, 40)).not.toEqual(second.subarray(8, 40));
    expect(first.subarray(40, 72)).not.toEqual(second.subarray(40, 72));
    expect(first.subarray(72)).not.toEqual(second.subarray(72));
  });

  it('yields pieces of a chunk, whatever the source yields', async () => {
    const sizes: number[] = [];
    const options = { ...keys, chunkSizeLog2: MIN_CHUNK_LOG2 };
    for await (const piece of encryptContent(pieces(pattern(3 * MIN_CHUNK), 1500), options)) {
      sizes.push(piece.length);
    }
    expect(sizes).toEqual([72, MIN_CHUNK + 16, MIN_CHUNK + 16, MIN_CHUNK + 16]);
  });

  it('refuses a DEK of another length, a chunk size out of bounds and a context that is not bytes', () => {
    const source = pieces(pattern(10));
    expect(() => encryptContent(source, { dek: new Uint8Array(31), context })).toThrow(
      expect.objectContaining({ code: 'LENGTH_INVALID' }),
    );
    expect(() => encryptContent(source, { ...keys, chunkSizeLog2: 15 })).toThrow(RangeError);
    expect(() => encryptContent(source, { ...keys, chunkSizeLog2: 25 })).toThrow(RangeError);
    expect(() => encryptContent(source, { dek, context: 'r1' as never })).toThrow(TypeError);
  });

  it('refuses a source that gives something other than bytes', async () => {
    async function* text(): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      yield 'text' as never;
    }
    await expect(collect(encryptContent(text(), keys))).rejects.toThrow(TypeError);
  });

  it('refuses the chunk after 2^32', () => {
    const prefix = new Uint8Array(7);
    expect(chunkNonce(prefix, 2 ** 32 - 1, true)).toEqual(
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 1),
    );
    expect(() => chunkNonce(prefix, 2 ** 32, true)).toThrow(
      expect.objectContaining({ code: 'CONTENT_TOO_LARGE' }),
    );
  });
});

describe('content sizes', () => {
  it('are those of the envelopes that are written', async () => {
    for (const size of [0, 1, MIN_CHUNK - 1, MIN_CHUNK, MIN_CHUNK + 1, 3 * MIN_CHUNK]) {
      const options = { ...keys, chunkSizeLog2: MIN_CHUNK_LOG2 };
      const envelope = await collect(encryptContent(pieces(pattern(size)), options));
      expect(contentSizeBytes(size, MIN_CHUNK_LOG2)).toBe(envelope.length);
      expect(contentPlaintextSizeBytes(envelope.length, MIN_CHUNK_LOG2)).toBe(size);
    }
  });

  it('name as cut every size that no envelope has', () => {
    const whole = contentSizeBytes(MIN_CHUNK, MIN_CHUNK_LOG2);
    const impossible = [0, 71, 72, 87, ...Array.from({ length: 16 }, (_, i) => whole + 1 + i)];
    for (const size of impossible) {
      expect(() => contentPlaintextSizeBytes(size, MIN_CHUNK_LOG2)).toThrow(
        expect.objectContaining({ code: 'CONTENT_TRUNCATED' }),
      );
    }
    expect(contentPlaintextSizeBytes(whole + 17, MIN_CHUNK_LOG2)).toBe(MIN_CHUNK + 1);
  });

  it('end at 2^32 chunks', () => {
    expect(contentSizeBytes(2 ** 48, MIN_CHUNK_LOG2)).toBe(72 + 2 ** 48 + 2 ** 36);
    const tooLarge: unknown = expect.objectContaining({ code: 'CONTENT_TOO_LARGE' });
    expect(() => contentSizeBytes(2 ** 48 + 1, MIN_CHUNK_LOG2)).toThrow(tooLarge);
    expect(() => contentPlaintextSizeBytes(2 ** 48 + 2 ** 37, MIN_CHUNK_LOG2)).toThrow(tooLarge);
    expect(() => contentSizeBytes(-1)).toThrow(RangeError);
    expect(() => contentSizeBytes(1.5)).toThrow(RangeError);
  });
});

describe('parseContentHeader', () => {
  it('tells the suite and the chunk size of an envelope', async () => {
    const envelope = await collect(encryptContent(pieces(pattern(10)), keys));
    const header = parseContentHeader(envelope);
    expect(header.suite).toEqual({
      id: 1,
      name: 'HKDF-SHA256 + AES-256-GCM STREAM',
      headerSizeBytes: 72,
    });
    expect(header.chunkSizeLog2).toBe(20);
    expect(header.chunkSizeBytes).toBe(1 << 20);
    expect(header.salt).toEqual(envelope.slice(8, 40));
    expect(header.commitment).toEqual(envelope.slice(40, 72));
    expect(header.bytes).toEqual(envelope.slice(0, 72));
  });

  it.each([
    ['another magic', [0, 0x50], 'CONTENT_HEADER_INVALID', /magic/],
    ['another version', [4, 2], 'CONTENT_HEADER_INVALID', /version 2 /],
    ['another suite', [5, 9], 'CONTENT_SUITE_UNKNOWN', /suite 9 /],
    ['too small a chunk', [6, 15], 'CONTENT_HEADER_INVALID', /2\^15/],
    ['too large a chunk', [6, 25], 'CONTENT_HEADER_INVALID', /2\^25/],
    ['unknown flags', [7, 1], 'CONTENT_HEADER_INVALID', /flags/],
  ] as const)('refuses %s', async (_case, [at, value], code, message) => {
    const header = (await collect(encryptContent(pieces(pattern(0)), keys))).slice(0, 72);
    header[at] = value;
    expect(() => parseContentHeader(header)).toThrow(expect.objectContaining({ code }));
    expect(() => parseContentHeader(header)).toThrow(message);
  });

  it('names as cut every beginning of a header', async () => {
    const envelope = await collect(encryptContent(pieces(pattern(0)), keys));
    for (let length = 0; length < 72; length++) {
      expect(() => parseContentHeader(envelope.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'CONTENT_TRUNCATED' }),
      );
    }
  });
});
