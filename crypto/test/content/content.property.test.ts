import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  contentPlaintextSizeBytes,
  contentSizeBytes,
  decryptContent,
  decryptContentRange,
  encryptContent,
} from '../../src/content/index.js';
import { createSha256, tapSha256 } from '../../src/hash.js';
import {
  collect,
  collectUntilError,
  MIN_CHUNK,
  MIN_CHUNK_LOG2,
  pattern,
  pieces,
  providers,
} from './content-fixtures.js';
import { oracleEncrypt } from './content-oracle.mjs';

const numRuns = process.env['SLOW'] === '1' ? 2000 : 60;
const source = pattern(4 * MIN_CHUNK);

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const contexts = fc.uint8Array({ maxLength: 80 });
/** Sizes on, beside and far from the borders of chunks. */
const sizes = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: -20, max: 20 }))
    .map(([chunks, offset]) => chunks * MIN_CHUNK + offset),
  fc.integer({ min: 0, max: source.length }),
);
const pieceSizes = fc.array(
  fc.oneof(
    fc.integer({ min: 1000, max: 3 * MIN_CHUNK }),
    fc.constantFrom(MIN_CHUNK - 1, MIN_CHUNK, MIN_CHUNK + 1, MIN_CHUNK + 16, 2 * MIN_CHUNK + 1),
  ),
  { minLength: 1, maxLength: 5 },
);
const anyProvider = fc.constantFrom(...providers.slice(0, 2));

describe('content of any size in pieces of any size', () => {
  it('comes back as it was, and its envelope is the oracle’s', async () => {
    const property = fc.asyncProperty(
      fc.record({ size: sizes, dek: bytes32, context: contexts, salt: bytes32 }),
      pieceSizes,
      pieceSizes,
      anyProvider,
      async ({ size, dek, context, salt }, cutIn, cutOut, provider) => {
        const plaintext = source.subarray(0, size);
        const options = { dek, context, provider, chunkSizeLog2: MIN_CHUNK_LOG2, rng: () => salt };
        const envelope = await collect(encryptContent(pieces(plaintext, ...cutIn), options));
        const expected = oracleEncrypt({ ...options, plaintext, salt });
        const opened = await collect(decryptContent(pieces(envelope, ...cutOut), options));
        expect(Buffer.compare(envelope, expected)).toBe(0);
        expect(Buffer.compare(opened, plaintext)).toBe(0);
        expect(contentSizeBytes(size, MIN_CHUNK_LOG2)).toBe(envelope.length);
        expect(contentPlaintextSizeBytes(envelope.length, MIN_CHUNK_LOG2)).toBe(size);
      },
    );
    await fc.assert(property, { numRuns });
  });

  it('comes back one byte at a time', async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 0, max: 400 }),
      bytes32,
      contexts,
      async (size, dek, context) => {
        const options = { dek, context };
        const envelope = await collect(
          encryptContent(pieces(source.subarray(0, size), 1), options),
        );
        const opened = await collect(decryptContent(pieces(envelope, 1), options));
        expect(Buffer.compare(opened, source.subarray(0, size))).toBe(0);
      },
    );
    await fc.assert(property, { numRuns });
  });

  it('gives every range as a slice of it', async () => {
    const property = fc.asyncProperty(
      sizes,
      sizes,
      sizes,
      bytes32,
      async (size, start, lengthBytes, dek) => {
        const plaintext = source.subarray(0, size);
        const offset = Math.min(start, size);
        const options = { dek, context: plaintext.subarray(0, 5), chunkSizeLog2: MIN_CHUNK_LOG2 };
        const envelope = await collect(encryptContent(pieces(plaintext), options));
        const part = await collect(
          decryptContentRange((at, length) => pieces(envelope.subarray(at, at + length), 30_000), {
            ...options,
            contentSizeBytes: envelope.length,
            offset,
            lengthBytes,
          }),
        );
        const expected = plaintext.subarray(offset, offset + lengthBytes);
        expect(Buffer.compare(part, expected)).toBe(0);
      },
    );
    await fc.assert(property, { numRuns });
  });
});

describe('an envelope changed in any way', () => {
  it('yields a true beginning and then fails with a code of its own', async () => {
    const dek = pattern(32);
    const context = pattern(3);
    const plaintext = source.subarray(0, 2 * MIN_CHUNK + 77);
    const options = { dek, context, chunkSizeLog2: MIN_CHUNK_LOG2 };
    const envelope = await collect(encryptContent(pieces(plaintext), options));
    const places = fc.integer({ min: 0, max: envelope.length - 1 });
    const changes = fc.oneof(
      fc.tuple(places, fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
        const changed = envelope.slice();
        changed[at]! ^= mask;
        return changed;
      }),
      places.map((length) => envelope.slice(0, length)),
      fc
        .tuple(places, fc.uint8Array({ minLength: 1, maxLength: 40 }))
        .map(([at, inserted]) =>
          Buffer.concat([envelope.subarray(0, at), inserted, envelope.subarray(at)]),
        ),
      fc
        .tuple(places, places)
        .filter(([a, b]) => a < b)
        .map(([a, b]) => Buffer.concat([envelope.subarray(0, a), envelope.subarray(b)])),
    );
    const property = fc.asyncProperty(changes, pieceSizes, async (changed, cut) => {
      fc.pre(Buffer.compare(changed, envelope) !== 0);
      const { yielded, error } = await collectUntilError(
        decryptContent(pieces(changed, ...cut), options),
      );
      expect(error).toMatchObject({ code: expect.stringMatching(/^CONTENT_/) });
      expect(Buffer.compare(yielded, plaintext.subarray(0, yielded.length))).toBe(0);
    });
    await fc.assert(property, { numRuns: 4 * numRuns });
  });
});

describe('a tapped stream', () => {
  it('has the digest and the size of the whole, however it is cut', async () => {
    const property = fc.asyncProperty(sizes, pieceSizes, async (size, cut) => {
      const bytes = source.subarray(0, size);
      const expected = createSha256().update(bytes).digestHex();
      for (const provider of providers) {
        const tap = tapSha256(pieces(bytes, ...cut), provider);
        expect(Buffer.compare(await collect(tap.stream), bytes)).toBe(0);
        expect(tap.result()).toEqual({ sha256Hex: expected, sizeBytes: size });
      }
    });
    await fc.assert(property, { numRuns });
  });
});
