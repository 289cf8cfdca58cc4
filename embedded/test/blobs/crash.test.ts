import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { base32 } from 'multiformats/bases/base32';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { decode as decodeMultihash } from 'multiformats/hashes/digest';
import { patternPieces, readAll } from '../../../test/suites/blob-content.js';
import { BlockStore } from '../../src/blobs/block-store.js';
import { UnixfsBlobStore } from '../../src/blobs/unixfs-blob-store.js';
import { runWithBuiltStore, startWithBuiltStore } from './built-store.js';
import { StoreDirectory } from './store-directory.js';

const MIB = 1024 * 1024;
const SIZE_BYTES = 48 * MIB + 1;
const ROUNDS = 10;
const NEVER = { isReferenced: () => Promise.resolve(false), olderThanMs: 0 };

/** Puts the bytes of `patternPieces('crash', …)`; says when it starts, and the CID when it is done. */
const PUT = `
  import { createCipheriv, createHash } from 'node:crypto';
  const [directory, sizeBytes] = [process.argv[1], Number(process.argv[2])];
  async function* content() {
    const key = createHash('sha256').update('crash').digest();
    const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
    const zeros = Buffer.alloc(${MIB});
    for (let left = sizeBytes; left > 0; left -= zeros.length) {
      yield stream.update(zeros.subarray(0, left));
    }
  }
  const store = await UnixfsBlobStore.open({ directory });
  process.stdout.write('started\\n');
  const { cid } = await store.put(content());
  process.stdout.write(cid + '\\n');
`;

describe('a process that puts a blob and is killed', () => {
  let directory: StoreDirectory;

  beforeEach(async () => {
    directory = await StoreDirectory.create();
  });
  afterEach(async () => {
    await directory.remove();
  });

  /** Kills a put at a random moment; tells whether it had said that it was done. */
  async function killPut(cid: string): Promise<{ acknowledged: boolean }> {
    const child = startWithBuiltStore(PUT, [directory.path, String(SIZE_BYTES)]);
    const ended = once(child, 'close');
    let said = '';
    child.stdout!.on('data', (data: Buffer) => (said += data.toString()));
    while (!said.includes('started')) await delay(2);
    await delay(Math.random() * 80);
    child.kill('SIGKILL');
    await ended;
    return { acknowledged: said.includes(cid) };
  }

  async function expectEveryBlockSound(): Promise<number> {
    const blocks = await BlockStore.open(directory.path);
    let count = 0;
    for await (const key of blocks.keys()) {
      const multihash = decodeMultihash(base32.baseDecode(key));
      expect((await blocks.get(CID.createV1(raw.code, multihash))).length).toBeGreaterThan(0);
      count += 1;
    }
    return count;
  }

  async function expectAllThere(store: UnixfsBlobStore, cid: string): Promise<void> {
    expect((await readAll(store.get(cid))).length).toBe(SIZE_BYTES);
  }

  it('leaves no damaged block, and no root that is not whole; a retry gives the same CID', async () => {
    const { cid } = await directory.store.put(patternPieces('crash', SIZE_BYTES));
    expect(await directory.store.collect(NEVER)).toEqual([cid]);

    let interrupted = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const { acknowledged } = await killPut(cid);
      if (!acknowledged) interrupted += 1;
      await expectEveryBlockSound();
      const staged = await directory.namesIn('staged');
      expect([[], [cid]]).toContainEqual(staged);
      expect(staged.length).toBeGreaterThanOrEqual(acknowledged ? 1 : 0);

      const store = await UnixfsBlobStore.open({ directory: directory.path });
      for (const root of staged) await expectAllThere(store, root);
      await store.discard(cid);
      // Every other round goes on from what the killed process left.
      if (round % 2 === 0) continue;
      expect((await store.put(patternPieces('crash', SIZE_BYTES))).cid).toBe(cid);
      await expectAllThere(store, cid);
      expect(await store.collect(NEVER)).toEqual([cid]);
      expect(await directory.namesIn('tmp')).toEqual([]);
      expect(await expectEveryBlockSound()).toBe(0);
    }
    expect(interrupted).toBeGreaterThan(0);
  });
});

describe('a process that puts and gets', () => {
  let directory: StoreDirectory;

  beforeEach(async () => {
    directory = await StoreDirectory.create();
  });
  afterEach(async () => {
    await directory.remove();
  });

  interface Outcome {
    readonly read: number;
    readonly resources: readonly string[];
    readonly maxRssKb: number;
  }

  async function putAndGet(sizeBytes: number): Promise<Outcome> {
    const program = `${PUT}
      let read = 0;
      for await (const piece of store.get(cid)) read += piece.length;
      const resources = process.getActiveResourcesInfo();
      const maxRssKb = process.resourceUsage().maxRSS;
      process.stdout.write(JSON.stringify({ read, resources, maxRssKb }));
    `;
    const { stdout } = await runWithBuiltStore(program, [directory.path, String(sizeBytes)]);
    return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Outcome;
  }

  it('opens no socket and ends by itself', async () => {
    const { read, resources } = await putAndGet(3 * MIB);
    expect(read).toBe(3 * MIB);
    expect(resources.filter((name) => /TCP|UDP|Server/.test(name))).toEqual([]);
  });

  it('holds no content that it has passed on', async () => {
    const small = await putAndGet(MIB);
    const large = await putAndGet(256 * MIB);
    expect(large.read).toBe(256 * MIB);
    expect((large.maxRssKb - small.maxRssKb) / 1024).toBeLessThan(128);
  });
});
