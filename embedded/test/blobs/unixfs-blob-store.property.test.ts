import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BlobStore } from '@emr-share/gateway-client';
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
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(actions, blobs), { maxLength: 20 }), async (script) => {
        const own = await StoreDirectory.create();
        try {
          const model = new StandingBlobs(own.store);
          for (const [action, blob] of script) {
            await model[action](blob);
            await model.expectAllReadable();
          }
          await model.keepAll();
          expect((await own.blockFiles()).size).toBe((await model.blocks(own)).size);
        } finally {
          await own.remove();
        }
      }),
      RUNS,
    );
  });
});

const actions = fc.constantFrom('put', 'commit', 'discard', 'collect', 'keepAll');
/** Blobs that share leaves: each is a prefix of the next. */
const BLOBS = [MIB, MIB + 5, 2 * MIB, 3 * MIB + 5].map((sizeBytes) =>
  patternBytes('shared', sizeBytes),
);
const blobs = fc.constantFrom(...BLOBS);

/** What must stand: does each step on a store, and checks the store's answers. */
class StandingBlobs {
  readonly #store: BlobStore;
  readonly #standing = new Map<Buffer, { cid: string; pinned: boolean }>();

  constructor(store: BlobStore) {
    this.#store = store;
  }

  async put(blob: Buffer): Promise<void> {
    const { cid } = await this.#store.put(inPieces(blob, MIB));
    const pinned = this.#standing.get(blob)?.pinned ?? false;
    this.#standing.set(blob, { cid, pinned });
  }

  async commit(blob: Buffer): Promise<void> {
    const standing = this.#standing.get(blob);
    if (standing === undefined) return;
    await this.#store.commit(standing.cid);
    standing.pinned = true;
  }

  async discard(blob: Buffer): Promise<void> {
    const standing = this.#standing.get(blob);
    if (standing === undefined) return;
    await this.#store.discard(standing.cid);
    if (!standing.pinned) this.#standing.delete(blob);
  }

  async collect(): Promise<void> {
    const staged = [...this.#standing].filter(([, { pinned }]) => !pinned);
    const dropped = await this.#store.collect({
      isReferenced: () => Promise.resolve(false),
      olderThanMs: 0,
    });
    expect(dropped.toSorted()).toEqual(staged.map(([, { cid }]) => cid).toSorted());
    for (const [blob] of staged) this.#standing.delete(blob);
  }

  async keepAll(): Promise<void> {
    const dropped = await this.#store.collect({
      isReferenced: () => Promise.resolve(true),
      olderThanMs: 0,
    });
    expect(dropped).toEqual([]);
    for (const standing of this.#standing.values()) standing.pinned = true;
  }

  async expectAllReadable(): Promise<void> {
    for (const [blob, { cid }] of this.#standing) {
      expect((await readAll(this.#store.get(cid))).equals(blob)).toBe(true);
    }
  }

  async blocks(directory: StoreDirectory): Promise<Set<string>> {
    const all = [...this.#standing.values()].map(({ cid }) => directory.blocksOf(cid));
    return new Set((await Promise.all(all)).flat().map(String));
  }
}
