import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileAtomically } from '@emr-share/gateway-client/node';
import { counting, pieces } from '../support/streams.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emr-atomic-'));
  path = join(directory, 'record.dcm');
});
afterEach(() => rm(directory, { recursive: true }));

describe('writeFileAtomically', () => {
  it.each([
    ['text', 'grüezi', Buffer.from('grüezi')],
    ['bytes', counting(5000), Buffer.from(counting(5000))],
    ['a stream', pieces(counting(3), counting(4)), Buffer.concat([counting(3), counting(4)])],
    ['a stream of nothing', pieces(), Buffer.alloc(0)],
  ])('writes %s, for its owner only', async (_name, content, expected) => {
    await writeFileAtomically(path, content);
    expect(await readFile(path)).toEqual(expected);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['record.dcm']);
  });

  it('leaves what was there, and nothing else, where the content fails', async () => {
    await writeFile(path, 'before');
    async function* failing(): AsyncGenerator<Uint8Array, void, void> {
      yield await Promise.resolve(counting(100));
      throw new Error('cut off');
    }
    await expect(writeFileAtomically(path, failing())).rejects.toThrow('cut off');
    expect(await readFile(path, 'utf8')).toBe('before');
    expect(await readdir(directory)).toEqual(['record.dcm']);
  });

  it('leaves nothing where the signal aborts', async () => {
    const controller = new AbortController();
    async function* aborting(): AsyncGenerator<Uint8Array, void, void> {
      yield await Promise.resolve(counting(100));
      controller.abort(new Error('stop'));
      yield counting(100);
    }
    const writing = writeFileAtomically(path, aborting(), { signal: controller.signal });
    await expect(writing).rejects.toThrow('stop');
    expect(await readdir(directory)).toEqual([]);
  });

  it('replaces a file, and does not where that is forbidden', async () => {
    await writeFileAtomically(path, 'one');
    await writeFileAtomically(path, 'two');
    const third = writeFileAtomically(path, 'three', { overwrite: false });
    await expect(third).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(directory)).toEqual(['record.dcm']);
  });

  it('never gives two writers the same new file', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) =>
        writeFileAtomically(path, `writer ${i}`, { overwrite: false }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(directory)).toEqual(['record.dcm']);
  });

  it('replaces a link rather than what it points to', async () => {
    const target = join(directory, 'target');
    await writeFile(target, 'theirs');
    await symlink(target, path);
    await writeFileAtomically(path, 'ours');
    expect(await readFile(target, 'utf8')).toBe('theirs');
    expect(await readFile(path, 'utf8')).toBe('ours');
  });

  it('fails where the path is a directory, and leaves nothing in it', async () => {
    await mkdir(path);
    await expect(writeFileAtomically(path, 'x')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(await readdir(directory)).toEqual(['record.dcm']);
    expect(await readdir(path)).toEqual([]);
  });
});
