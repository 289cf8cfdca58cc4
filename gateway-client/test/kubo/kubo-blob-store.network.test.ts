import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as dagPb from '@ipld/dag-pb';
import { KuboBlobStore, type KuboBlobStoreOptions } from '@emr-share/gateway-client/kubo';
import { CID } from 'multiformats/cid';
import {
  inPieces,
  patternBytes,
  patternPieces,
  readAll,
} from '../../../test/suites/blob-content.js';
import { collectGarbage } from '../../../test/support/collect-garbage.js';
import { describeKubo } from './support/describe-kubo.js';

const MIB = 1024 * 1024;
const LIMITS = { probeMs: 1_000, callMs: 3_000, lookupMs: 2_000 };

describeKubo('a Kubo blob store over three nodes', 3, (swarm) => {
  const content = patternBytes('three nodes', 2 * MIB + 5);
  const put = (store: KuboBlobStore) => store.put(inPieces(content, 100_000));
  const node = (i: number) => swarm().nodes[i]!;
  const storeOn = (indices: number[], options: Partial<KuboBlobStoreOptions> = {}) =>
    new KuboBlobStore({ nodes: indices.map(node), limits: LIMITS, ...options });
  const pins = () => Promise.all(swarm().nodes.map((one) => one.pinNames()));

  beforeEach(async () => {
    await swarm().reset();
  });

  it('has a blob pinned on as many nodes as asked for when put returns', async () => {
    for (const replicas of [1, 2, 3]) {
      await swarm().reset();
      const { cid } = await put(storeOn([0, 1, 2], { replicas }));
      const staged = await pins();
      expect(staged.map((names) => names.length)).toEqual([1, 1, 1].fill(0, replicas));
      expect(staged[0]![0]).toMatch(/^emr-share\/staged\/\d{13}$/);
      await storeOn([0, 1, 2]).commit(cid);
      const filed = await pins();
      expect(filed).toEqual([0, 1, 2].map((i) => (i < replicas ? ['emr-share/filed'] : [])));
    }
  });

  it('keeps what is filed when it is put, dropped and collected once more', async () => {
    const store = storeOn([0, 1]);
    const { cid } = await put(store);
    await store.commit(cid);
    await put(store);
    await store.discard(cid);
    expect(
      await store.collect({ isReferenced: () => Promise.resolve(false), olderThanMs: 0 }),
    ).toEqual([]);
    expect((await pins()).slice(0, 2)).toEqual([['emr-share/filed'], ['emr-share/filed']]);
    expect(Buffer.compare(await readAll(store.get(cid)), content)).toBe(0);
  });

  it('finds what none of its own nodes has in the swarm', async () => {
    const { cid } = await put(storeOn([0], { replicas: 1 }));
    expect(Buffer.compare(await readAll(storeOn([2]).get(cid)), content)).toBe(0);
  });

  it('reads around a damaged copy', async () => {
    const store = storeOn([0, 1]);
    const { cid } = await put(store);
    const root = dagPb.decode(await node(0).client.block.get(CID.parse(cid)));
    const file = node(0).blockFile(root.Links[1]!.Hash);
    const bytes = await readFile(file);
    bytes[500]! ^= 4;
    await writeFile(file, bytes);
    expect(Buffer.compare(await readAll(store.get(cid)), content)).toBe(0);
    await expect(readAll(storeOn([0]).get(cid))).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  });

  it('uploads with constant memory', async () => {
    const sizeBytes = 192 * MIB;
    const heldBytes = () => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers;
    };
    const beforeBytes = heldBytes();
    let peakBytes = 0;
    let nextBytes = 0;
    const onProgress = (bytes: number) => {
      if (bytes < nextBytes) return;
      nextBytes = bytes + 16 * MIB;
      peakBytes = Math.max(peakBytes, heldBytes() - beforeBytes);
    };
    const store = storeOn([0], { replicas: 1 });
    const stored = await store.put(patternPieces('large', sizeBytes), { onProgress });
    expect(stored.sizeBytes).toBe(sizeBytes);
    expect(nextBytes).toBeGreaterThan(sizeBytes / 2);
    expect(peakBytes).toBeLessThan(sizeBytes / 4);
  });

  describe('while a node is down', () => {
    afterEach(async () => {
      await Promise.all(swarm().nodes.map(async (one) => one.ensureRunning()));
    });

    it('uploads to the others', async () => {
      await node(0).kill();
      const store = storeOn([0, 1, 2]);
      const { cid } = await put(store);
      await store.commit(cid);
      expect(await node(1).pinNames()).toEqual(['emr-share/filed']);
      expect(await node(2).pinNames()).toEqual(['emr-share/filed']);
    });

    it('stages nothing where there are too few others', async () => {
      await node(1).kill();
      await expect(put(storeOn([0, 1]))).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        details: { endpoint: node(1).url },
      });
      expect(await node(0).pinNames()).toEqual([]);
    });

    it('reads from the others, in the middle of a read too', async () => {
      const store = storeOn([0, 1]);
      const large = patternBytes('failover', 12 * MIB);
      const { cid } = await store.put(inPieces(large, MIB));
      const pieces: Uint8Array[] = [];
      for await (const piece of store.get(cid)) {
        pieces.push(piece);
        if (pieces.length === 1) await node(0).kill();
      }
      expect(Buffer.compare(Buffer.concat(pieces), large)).toBe(0);
    });

    it('files on the others, and on that one with the next collection', async () => {
      const store = storeOn([0, 1]);
      const { cid } = await put(store);
      await node(1).kill();
      await store.commit(cid);
      await node(1).start();
      expect((await node(1).pinNames())[0]).toMatch(/^emr-share\/staged\//);
      const isReferenced = (asked: string) => Promise.resolve(asked === cid);
      expect(await store.collect({ isReferenced, olderThanMs: 0 })).toEqual([]);
      expect(await node(1).pinNames()).toEqual(['emr-share/filed']);
    });

    it('gives up on one that stands still', async () => {
      const { cid } = await put(storeOn([0], { replicas: 1 }));
      node(0).freeze();
      const store = storeOn([0], { limits: { ...LIMITS, callMs: 400, lookupMs: 400 } });
      await expect(store.stat(cid)).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' });
      await expect(store.commit(cid)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });
  });
});
