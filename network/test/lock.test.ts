import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { withLock } from '../src/files/lock.js';
import { tempDir } from './support/temp-dir.js';

const WAIT = { waitMs: 20_000 };

/** Holds the lock for a moment, and sees whether anybody else does. */
function contender(path: string): { run: () => Promise<void>; most: () => number } {
  let inside = 0;
  let most = 0;
  const run = (): Promise<void> =>
    withLock(path, WAIT, async () => {
      inside += 1;
      most = Math.max(most, inside);
      await delay(3);
      inside -= 1;
    });
  return { run, most: () => most };
}

function deadOwner(): string {
  const { pid } = spawnSync('true');
  return JSON.stringify({ pid, startMark: 'long ago', nonce: 'dead' });
}

describe('a lock', () => {
  it('is held by one at a time', async () => {
    const path = join(await tempDir(), 'lock');
    const { run, most } = contender(path);
    await Promise.all(Array.from({ length: 6 }, run));
    expect(most()).toBe(1);
  });

  it('of a process that is gone is taken over, by one at a time', async () => {
    const dir = await tempDir();
    const path = join(dir, 'lock');
    for (let round = 0; round < 5; round += 1) {
      await writeFile(path, deadOwner());
      const { run, most } = contender(path);
      await Promise.all(Array.from({ length: 4 }, run));
      expect(most()).toBe(1);
    }
    expect(await readdir(dir)).toEqual([]);
  });

  it('leaves nothing behind, also when the work fails', async () => {
    const dir = await tempDir();
    const failing = withLock(join(dir, 'lock'), WAIT, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await readdir(dir)).toEqual([]);
  });

  it('tells who has it when it is not to be waited for', async () => {
    const path = join(await tempDir(), 'lock');
    await withLock(path, WAIT, async () => {
      const second = withLock(path, { waitMs: 0 }, () => Promise.resolve());
      await expect(second).rejects.toMatchObject({
        code: 'NETWORK_BUSY',
        details: { pid: process.pid },
      });
    });
  });

  it('that cannot be read is not taken for one of the dead', async () => {
    const path = join(await tempDir(), 'lock');
    await writeFile(path, 'garbage');
    await expect(withLock(path, WAIT, () => Promise.resolve())).rejects.toMatchObject({
      code: 'STATE_INVALID',
    });
    expect(await readFile(path, 'utf8')).toBe('garbage');
  });

  it('stops waiting when told to', async () => {
    const path = join(await tempDir(), 'lock');
    await withLock(path, WAIT, async () => {
      const signal = AbortSignal.timeout(50);
      await expect(withLock(path, { ...WAIT, signal }, () => Promise.resolve())).rejects.toThrow(
        /timeout/i,
      );
    });
  });
});
