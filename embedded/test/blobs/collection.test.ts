import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inPieces, patternBytes, readAll } from '../../../test/suites/blob-content.js';
import { UnixfsBlobStore } from '../../src/blobs/unixfs-blob-store.js';
import { StoreDirectory } from './store-directory.js';

const MIB = 1024 * 1024;
const NEVER = { isReferenced: () => Promise.resolve(false), olderThanMs: 0 };

describe('collect', () => {
  let directory: StoreDirectory;
  const store = () => directory.store;

  beforeEach(async () => {
    directory = await StoreDirectory.create();
  });
  afterEach(async () => {
    await directory.remove();
  });

  it('takes nothing from puts that run beside it, not even what they share with garbage', async () => {
    const shared = patternBytes('shared', 2 * MIB);
    const rounds = Array.from({ length: 30 }, (_, i) =>
      Buffer.concat([shared, patternBytes(`own ${i % 5}`, 1000)]),
    );
    const stop = new AbortController();
    const collecting = (async () => {
      let count = 0;
      // Young staged blobs are kept: these puts have not been committed yet.
      for (; !stop.signal.aborted; count += 1) {
        await store().collect({ ...NEVER, olderThanMs: 60_000 });
        await delay(1);
      }
      return count;
    })();
    for (const content of rounds) {
      // Discarded at once, so that a collection finds their blocks to be garbage.
      const [kept, dropped] = await Promise.all([
        store().put(inPieces(content, 300_000)),
        store().put(inPieces(Buffer.concat([content, content]), 300_000)),
      ]);
      await store().discard(dropped.cid);
      expect((await readAll(store().get(kept.cid))).equals(content)).toBe(true);
      await store().discard(kept.cid);
    }
    stop.abort();
    expect(await collecting).toBeGreaterThan(1);
    await store().collect(NEVER);
    expect((await directory.blockFiles()).size).toBe(0);
  });

  it('keeps a blob that is staged again while it decides to drop it', async () => {
    const content = patternBytes('again', MIB + 1);
    const { cid } = await store().put(inPieces(content, MIB));
    const long = new Date(Date.now() - 120_000);
    await utimes(join(directory.path, 'staged', cid), long, long);
    const dropped = await store().collect({
      olderThanMs: 60_000,
      isReferenced: async () => {
        await store().put(inPieces(content, MIB));
        return false;
      },
    });
    expect(dropped).toEqual([]);
    await store().commit(cid);
    expect((await readAll(store().get(cid))).equals(content)).toBe(true);
  });

  it('keeps a blob that is committed while it decides to drop it', async () => {
    const content = patternBytes('meanwhile', MIB + 1);
    const { cid } = await store().put(inPieces(content, MIB));
    const dropped = await store().collect({
      ...NEVER,
      isReferenced: async () => {
        await store().commit(cid);
        return false;
      },
    });
    expect(dropped).toEqual([]);
    expect((await readAll(store().get(cid))).equals(content)).toBe(true);
  });

  it('removes the blocks of an aborted put, and files half-written by an earlier process', async () => {
    const controller = new AbortController();
    async function* source(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 10; i++) {
        if (i === 8) controller.abort(new Error('stop'));
        yield await Promise.resolve(patternBytes(`leaf ${i}`, MIB));
      }
    }
    await expect(store().put(source(), { signal: controller.signal })).rejects.toThrow('stop');
    expect((await directory.blockFiles()).size).toBeGreaterThan(0);
    await writeFile(join(directory.path, 'tmp', 'left-by-a-crash'), 'half a blo');

    await store().collect({ ...NEVER, olderThanMs: 60_000 });
    expect((await directory.blockFiles()).size).toBe(0);
    expect(await directory.namesIn('tmp')).toEqual(['left-by-a-crash']);
    await store().collect(NEVER);
    expect(await directory.namesIn('tmp')).toEqual([]);
  });

  it('leaves files alone that are not its own', async () => {
    const { cid } = await store().put(inPieces(patternBytes('mine', 10), 10));
    for (const folder of ['blocks', 'staged', 'pins']) {
      await writeFile(join(directory.path, folder, '.DS_Store'), '');
    }
    expect(await store().collect(NEVER)).toEqual([cid]);
    expect([...(await directory.blockFiles()).keys()]).toEqual(['.DS_Store']);
  });

  it('stops on abort, with the reason', async () => {
    await store().put(inPieces(patternBytes('asked', 10), 10));
    const controller = new AbortController();
    const collecting = store().collect({
      olderThanMs: 0,
      signal: controller.signal,
      isReferenced: () => {
        controller.abort(new Error('shutting down'));
        return new Promise(() => undefined);
      },
    });
    await expect(collecting).rejects.toThrow('shutting down');
    expect(await store().collect(NEVER)).toHaveLength(1);
  });

  it('survives reopening: what was staged, pinned and discarded stays so', async () => {
    const [staged, pinned, discarded] = await Promise.all(
      ['staged', 'pinned', 'discarded'].map(async (name) => {
        const content = patternBytes(name, MIB + 3);
        return { content, ...(await store().put(inPieces(content, MIB))) };
      }),
    );
    await store().commit(pinned!.cid);
    await store().discard(discarded!.cid);

    const reopened = await UnixfsBlobStore.open({ directory: directory.path });
    expect(await reopened.collect(NEVER)).toEqual([staged!.cid]);
    expect((await readAll(reopened.get(pinned!.cid))).equals(pinned!.content)).toBe(true);
    await expect(reopened.stat(discarded!.cid)).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' });
  });
});
