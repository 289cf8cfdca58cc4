import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as dagPb from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { sha256 } from 'multiformats/hashes/sha2';
import { inPieces, patternBytes, readAll } from '../../../test/suites/blob-content.js';
import { BlockStore } from '../../src/blobs/block-store.js';
import { runWithBuiltStore } from './built-store.js';
import { StoreDirectory } from './store-directory.js';

const MIB = 1024 * 1024;

/** More leaves than one node links to, so that there is a second level; few different ones. */
async function* twoLevelContent(): AsyncGenerator<Uint8Array> {
  const repeated = patternBytes('repeated', MIB);
  for (let leaf = 0; leaf < 178; leaf++) {
    yield await Promise.resolve(leaf === 176 ? patternBytes('single', MIB) : repeated);
  }
}

describe('damaged blobs', () => {
  let directory: StoreDirectory;
  const store = () => directory.store;

  beforeEach(async () => {
    directory = await StoreDirectory.create();
  });
  afterEach(async () => {
    await directory.remove();
  });

  it('are detected whichever block has a flipped bit', async () => {
    const content = patternBytes('flips', 2 * MIB + 300);
    const { cid } = await store().put(inPieces(content, MIB));
    const blocks = await directory.blocksOf(cid);
    expect(blocks).toHaveLength(4);
    for (const [i, block] of blocks.entries()) {
      for (const byte of [0, 97, 150]) {
        await directory.flipBit(block, byte, i);
        await expect(readAll(store().get(cid))).rejects.toMatchObject({
          code: 'BLOB_CORRUPT',
          details: { cid },
        });
        await directory.flipBit(block, byte, i);
      }
    }
    expect((await readAll(store().get(cid))).equals(content)).toBe(true);
  });

  it('are detected when a block is cut short, emptied or grown', async () => {
    const { cid } = await store().put(inPieces(patternBytes('cut', 1000), 1000));
    const file = await directory.blockFile(CID.parse(cid));
    for (const sizeBytes of [999, 0, 1001, 3 * MIB]) {
      await truncate(file, sizeBytes);
      await expect(readAll(store().get(cid))).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
      await expect(store().stat(cid)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    }
  });

  it('are reported by stat when the root is missing or damaged', async () => {
    const { cid } = await store().put(inPieces(patternBytes('root', 2 * MIB), MIB));
    await directory.flipBit(CID.parse(cid), 20, 0);
    await expect(store().stat(cid)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    await directory.removeBlock(CID.parse(cid));
    await expect(store().stat(cid)).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' });
  });

  it('can still be read where they are sound', async () => {
    const content = patternBytes('partly', 3 * MIB);
    const { cid } = await store().put(inPieces(content, MIB));
    const [, first, , third] = await directory.blocksOf(cid);
    await directory.flipBit(first!);
    await directory.removeBlock(third!);
    const middle = await readAll(store().get(cid, { offset: MIB, lengthBytes: MIB }));
    expect(middle.equals(content.subarray(MIB, 2 * MIB))).toBe(true);
  });

  it('are mended by putting the same content again', async () => {
    const content = patternBytes('mend', 2 * MIB);
    const { cid } = await store().put(inPieces(content, MIB));
    const [root, first, second] = await directory.blocksOf(cid);
    await directory.removeBlock(root!);
    await directory.flipBit(first!);
    await truncate(await directory.blockFile(second!), 10);
    expect((await store().put(inPieces(content, MIB))).cid).toBe(cid);
    expect((await readAll(store().get(cid))).equals(content)).toBe(true);
  });

  it('stop a collection before it removes anything, for garbage cannot be told', async () => {
    const { cid } = await store().put(inPieces(patternBytes('pinned', 2 * MIB), MIB));
    await store().commit(cid);
    const loose = await store().put(inPieces(patternBytes('loose', 10), 10));
    await store().discard(loose.cid);
    await directory.flipBit(CID.parse(cid), 20, 0);
    const collecting = store().collect({
      isReferenced: () => Promise.resolve(false),
      olderThanMs: 0,
    });
    await expect(collecting).rejects.toMatchObject({ code: 'BLOB_CORRUPT', details: { cid } });
    expect((await directory.blockFiles()).size).toBe(4);
  });

  it.each(['damaged', 'missing'])(
    'reject once, with nothing left unhandled, when a block under a second-level node is %s',
    async (damage) => {
      const { cid } = await store().put(twoLevelContent());
      const blocks = await directory.blocksOf(cid);
      const single = blocks.at(-2)!;
      if (damage === 'damaged') await directory.flipBit(single, 5, 5);
      else await directory.removeBlock(single);

      // A process of its own: Node ends it with an error on any unhandled rejection.
      const { stdout } = await runWithBuiltStore(
        `const store = await UnixfsBlobStore.open({ directory: process.argv[1] });
         let pieces = 0;
         try {
           for await (const piece of store.get(process.argv[2])) pieces += piece.length > 0;
         } catch (error) {
           console.log(pieces, error.code);
         }
         for await (const piece of store.get(process.argv[2])) break;
         await new Promise((resolve) => setTimeout(resolve, 100));
         console.log('alive');`,
        [directory.path, cid],
      );
      const code = damage === 'damaged' ? 'BLOB_CORRUPT' : 'BLOB_UNAVAILABLE';
      expect(stdout).toBe(`176 ${code}\nalive\n`);
    },
  );

  it('fail a put whose blocks cannot be written, and close its source', async () => {
    await rm(join(directory.path, 'tmp'), { recursive: true });
    await writeFile(join(directory.path, 'tmp'), 'not a folder');
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (let i = 0; i < 100; i++) yield await Promise.resolve(patternBytes(`${i}`, MIB));
      } finally {
        closed = true;
      }
    }
    await expect(store().put(source())).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect(closed).toBe(true);
    expect(await directory.namesIn('staged')).toEqual([]);
  });
});

describe('blocks that match their hash and are no file of this store', () => {
  let directory: StoreDirectory;
  let blocks: BlockStore;

  beforeEach(async () => {
    directory = await StoreDirectory.create();
    blocks = await BlockStore.open(directory.path);
  });
  afterEach(async () => {
    await directory.remove();
  });

  const putBlock = async (code: number, bytes: Uint8Array): Promise<CID> => {
    const cid = CID.createV1(code, await sha256.digest(bytes));
    await blocks.put(cid, bytes);
    return cid;
  };
  const putNode = (data: Uint8Array | undefined, links: readonly CID[]): Promise<CID> =>
    putBlock(
      dagPb.code,
      dagPb.encode(
        dagPb.prepare({
          ...(data && { Data: data }),
          Links: links.map((link) => ({ Hash: link, Name: '', Tsize: 1 })),
        }),
      ),
    );
  const file = (...blockSizes: bigint[]): Uint8Array =>
    new UnixFS({ type: 'file', blockSizes }).marshal();

  it.each<[string, (leaf: CID) => Promise<CID>]>([
    ['bytes that are not dag-pb', () => putBlock(dagPb.code, Buffer.from('not dag-pb'))],
    ['a node without UnixFS data', (leaf) => putNode(undefined, [leaf])],
    ['a directory', (leaf) => putNode(new UnixFS({ type: 'directory' }).marshal(), [leaf])],
    ['a node without links', () => putNode(file(), [])],
    ['fewer sizes than links', (leaf) => putNode(file(5n), [leaf, leaf])],
    ['a wrong leaf size', (leaf) => putNode(file(6n), [leaf])],
    ['an empty leaf', (leaf) => putNode(file(5n, 0n), [leaf, leaf])],
    ['a size beyond counting', (leaf) => putNode(file(5n, 2n ** 60n), [leaf, leaf])],
    [
      'a subtree of another size',
      async (leaf) => putNode(file(9n), [await putNode(file(5n), [leaf])]),
    ],
    [
      'a link of another kind',
      async () => putNode(file(5n), [CID.createV0(await sha256.digest(Buffer.from('hello')))]),
    ],
    [
      'nodes below nodes without end',
      async (leaf) => {
        let root = await putNode(file(5n), [leaf]);
        for (let level = 0; level < 5; level++) root = await putNode(file(5n), [root]);
        return root;
      },
    ],
  ])('are refused as BLOB_CORRUPT: %s', async (_, make) => {
    const leaf = await putBlock(raw.code, Buffer.from('hello'));
    const cid = (await make(leaf)).toString();
    await expect(readAll(directory.store.get(cid))).rejects.toMatchObject({
      code: 'BLOB_CORRUPT',
      details: { cid },
    });
  });
});
