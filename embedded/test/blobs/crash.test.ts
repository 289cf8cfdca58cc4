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

/** Puts the content of `patternPieces('crash', …)`; says when it starts, and the CID when done. */
const PUT = `
  import { createCipheriv, createHash } from 'node:crypto';
  const [directory, sizeBytes] = [process.argv[1], Number(process.argv[2])];
  async function* content() {
    const key = createHash('sha256').update('crash').digest();
    const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
    const zeros = Buffer.alloc(${String(MIB)});
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

  it('leaves no damaged block and no root; a retry gives the same CID', async () => {
    const { cid } = await directory.store.put(patternPieces('crash', SIZE_BYTES));
    await directory.store.discard(cid);
    await directory.store.collect({ isReferenced: () => Promise.resolve(false), olderThanMs: 0 });
    expect((await directory.blockFiles()).size).toBe(0);

    let interrupted = 0;
    for (let round = 0; round < 10; round++) {
      const child = startWithBuiltStore(PUT, [directory.path, String(SIZE_BYTES)]);
      const ended = once(child, 'close');
      let said = '';
      child.stdout!.on('data', (data: Buffer) => (said += data.toString()));
      while (!said.includes('started')) await delay(2);
      await delay(Math.random() * 80);
      child.kill('SIGKILL');
      await ended;

      const acknowledged = said.includes(cid);
      if (acknowledged) expect(await directory.namesIn('staged')).toEqual([cid]);
      else interrupted += 1;
      const staged = await directory.namesIn('staged');
      expect(staged.filter((name) => name !== cid)).toEqual([]);
      await expectEveryBlockSound();

      const store = await UnixfsBlobStore.open({ directory: directory.path });
      if (staged.length > 0) expect((await readAll(store.get(cid))).length).toBe(SIZE_BYTES);
      // Every other round goes on with what the killed process left.
      if (round % 2 === 0) await store.discard(cid);
      else {
        expect((await store.put(patternPieces('crash', SIZE_BYTES))).cid).toBe(cid);
        expect((await readAll(store.get(cid))).length).toBe(SIZE_BYTES);
        await store.collect({ isReferenced: () => Promise.resolve(false), olderThanMs: 0 });
        expect(await directory.namesIn('tmp')).toEqual([]);
        expect(await expectEveryBlockSound()).toBe(0);
      }
    }
    expect(interrupted).toBeGreaterThan(0);
  });
});

describe('a process that puts and gets', () => {
  it('opens no socket, ends by itself, and holds no content that it has passed on', async () => {
    const directory = await StoreDirectory.create();
    try {
      const program = `${PUT}
        let read = 0;
        for await (const piece of store.get(cid)) read += piece.length;
        const sockets = process.getActiveResourcesInfo().filter((name) => /TCP|UDP|Pipe.*Server/.test(name));
        process.stdout.write(JSON.stringify({ read, sockets, maxRssKb: process.resourceUsage().maxRSS }));
      `;
      const run = async (
        sizeBytes: number,
      ): Promise<{ read: number; sockets: string[]; maxRssKb: number }> => {
        const { stdout } = await runWithBuiltStore(program, [directory.path, String(sizeBytes)]);
        return JSON.parse(stdout.trim().split('\n').at(-1)!) as never;
      };
      const small = await run(MIB);
      const large = await run(256 * MIB);
      expect([small.read, large.read]).toEqual([MIB, 256 * MIB]);
      expect(large.sockets).toEqual([]);
      expect((large.maxRssKb - small.maxRssKb) / 1024).toBeLessThan(128);
    } finally {
      await directory.remove();
    }
  });
});
