import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inPieces, patternBytes, readAll } from '../../../test/suites/blob-content.js';
import { StoreDirectory } from './store-directory.js';

const MIB = 1024 * 1024;
const RUNS = { numRuns: process.env['SLOW'] === '1' ? 500 : 25 };

/** Sizes around the borders of leaves, where mistakes live, and any others. */
const sizes = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: -2, max: 2 }))
    .map(([leaves, more]) => leaves * MIB + more),
  fc.integer({ min: 0, max: 4 * MIB }),
);
const pieceSizes = fc.array(fc.integer({ min: 1, max: 1_500_000 }), { minLength: 1, maxLength: 5 });

async function* inMixedPieces(content: Buffer, sizesInTurn: readonly number[]) {
  let start = 0;
  for (let i = 0; start < content.length; i++) {
    const end = start + sizesInTurn[i % sizesInTurn.length]!;
    yield await Promise.resolve(content.subarray(start, end));
    start = end;
  }
}

describe('UnixFS blob store', () => {
  let directory: StoreDirectory;

  beforeAll(async () => {
    directory = await StoreDirectory.create();
  });
  afterAll(async () => {
    await directory.remove();
  });

  it('gives one CID to the same bytes in any pieces, and gives them back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), sizes, pieceSizes, async (seed, sizeBytes, pieces) => {
        const content = patternBytes(seed, sizeBytes);
        const whole = await directory.store.put(inPieces(content, sizeBytes));
        const pieced = await directory.store.put(inMixedPieces(content, pieces));
        expect(pieced).toEqual(whole);
        expect((await readAll(directory.store.get(whole.cid))).equals(content)).toBe(true);
      }),
      RUNS,
    );
  });

  it('reads every range as the slice that it is', async () => {
    const content = patternBytes('slices', 4 * MIB + 17);
    const { cid } = await directory.store.put(inPieces(content, MIB));
    const offsets = fc.oneof(
      fc.integer({ min: 0, max: content.length + 10 }),
      fc
        .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 }))
        .map(([leaves, more]) => Math.max(0, leaves * MIB + more - 1)),
    );
    await fc.assert(
      fc.asyncProperty(offsets, offsets, async (offset, lengthBytes) => {
        const read = await readAll(directory.store.get(cid, { offset, lengthBytes }));
        expect(read.equals(content.subarray(offset, offset + lengthBytes))).toBe(true);
      }),
      { numRuns: RUNS.numRuns * 4 },
    );
  });

  it('keeps exactly what stands, whatever the order of put, commit, discard and collect', async () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom('put', 'commit', 'discard', 'collect', 'collectReferenced'),
        blob: fc.integer({ min: 0, max: 3 }),
      }),
      { maxLength: 20 },
    );
    // Blobs that share leaves: each is a prefix of the next.
    const longest = patternBytes('shared', 3 * MIB + 5);
    const contents = [MIB, MIB + 5, 2 * MIB, longest.length].map((n) => longest.subarray(0, n));

    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const own = await StoreDirectory.create();
        try {
          const cids = new Map<number, string>();
          const state = new Map<number, 'staged' | 'pinned'>();
          for (const { what, blob } of script) {
            const cid = cids.get(blob);
            if (what === 'put') {
              cids.set(blob, (await own.store.put(inPieces(contents[blob]!, MIB))).cid);
              if (state.get(blob) !== 'pinned') state.set(blob, 'staged');
            } else if (what === 'commit' && cid !== undefined && state.has(blob)) {
              await own.store.commit(cid);
              state.set(blob, 'pinned');
            } else if (what === 'discard' && cid !== undefined) {
              await own.store.discard(cid);
              if (state.get(blob) === 'staged') state.delete(blob);
            } else if (what.startsWith('collect')) {
              const keep = what === 'collectReferenced';
              const expected = [...state].filter(([, s]) => s === 'staged').map(([b]) => b);
              const dropped = await own.store.collect({
                isReferenced: () => Promise.resolve(keep),
                olderThanMs: 0,
              });
              expect([...dropped].sort()).toEqual(
                keep ? [] : expected.map((b) => cids.get(b)!).sort(),
              );
              for (const b of expected) {
                if (keep) state.set(b, 'pinned');
                else state.delete(b);
              }
            }
            for (const b of state.keys()) {
              const read = await readAll(own.store.get(cids.get(b)!));
              expect(read.equals(contents[b]!)).toBe(true);
            }
          }
          await own.store.collect({ isReferenced: () => Promise.resolve(true), olderThanMs: 0 });
          const needed = new Set<string>();
          for (const b of state.keys()) {
            for (const block of await own.blocksOf(cids.get(b)!)) needed.add(block.toString());
          }
          expect((await own.blockFiles()).size).toBe(needed.size);
        } finally {
          await own.remove();
        }
      }),
      { numRuns: RUNS.numRuns },
    );
  });
});
