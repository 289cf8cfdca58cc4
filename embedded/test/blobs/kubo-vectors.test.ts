import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { exporter } from 'ipfs-unixfs-exporter';
import type { CID } from 'multiformats/cid';
import {
  inPieces,
  patternBytes,
  patternPieces,
  readAll,
} from '../../../test/suites/blob-content.js';
import { BlockStore } from '../../src/blobs/block-store.js';
import { StoreDirectory } from './store-directory.js';

const { vectors } = JSON.parse(
  readFileSync(new URL('kubo-vectors.json', import.meta.url), 'utf8'),
) as { vectors: { seed: string; sizeBytes: number; cid: string }[] };

/** `SLOW=1` adds the vectors that take seconds each. */
const MAX_BYTES = process.env['SLOW'] === '1' ? Infinity : 200_000_000;

describe('CIDs of the store', () => {
  let directory: StoreDirectory;

  beforeEach(async () => {
    directory = await StoreDirectory.create();
  });
  afterEach(async () => {
    await directory.remove();
  });

  it.each(vectors.filter(({ sizeBytes }) => sizeBytes <= MAX_BYTES))(
    "are Kubo's for $sizeBytes bytes",
    async ({ seed, sizeBytes, cid }) => {
      const stored = await directory.store.put(patternPieces(seed, sizeBytes));
      expect(stored).toEqual({ cid, sizeBytes });
    },
  );

  it('name files that the IPFS exporter reads', async () => {
    const content = patternBytes('exporter', 3_500_000);
    const { cid } = await directory.store.put(inPieces(content, 100_000));
    const blocks = await BlockStore.open(directory.path);
    const entry = await exporter(cid, {
      get: async function* (block: CID) {
        yield await blocks.get(block);
      },
    });
    if (entry.type !== 'file') throw new Error(`expected a file, got ${entry.type}`);
    expect(entry.size).toBe(BigInt(content.length));
    expect(Buffer.compare(await readAll(entry.content()), content)).toBe(0);
  });
});
