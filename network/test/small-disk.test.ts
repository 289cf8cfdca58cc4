import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { loadTopology, networkPaths, putOnSmallDisk, type SmallDisk } from '../src/index.js';
import { NetworkError } from '../src/errors.js';
import { NetworkState } from '../src/up/state.js';
import { tempDir } from './support/temp-dir.js';

const PEER = 'peer0.hospa';
const SPARE_BYTES = 1024 * 1024;
const topology = await loadTopology('dev', { basePort: 29_000 });

describe('a small disk for a node', () => {
  let dir = '';
  let data = '';

  beforeEach(async () => {
    dir = await tempDir();
    await NetworkState.begin(networkPaths(dir), topology, { command: ['/bin/true'] });
    data = networkPaths(dir).data(PEER);
    await mkdir(join(data, 'ledger'), { recursive: true });
    await writeFile(join(data, 'ledger', 'block'), 'genesis');
  });

  /** `null` where this user may not mount; nothing is changed then. */
  async function placed(): Promise<SmallDisk | null> {
    try {
      return await putOnSmallDisk(dir, PEER, SPARE_BYTES);
    } catch (error) {
      if (!NetworkError.is(error, 'FAULT_NOT_PERMITTED')) throw error;
      return null;
    }
  }

  const devices = async (): Promise<readonly [number, number]> => {
    const [own, above] = await Promise.all([stat(data), stat(dirname(data))]);
    return [own.dev, above.dev];
  };

  /** Fills the disk, writes to it in vain, and writes again when there is room. */
  async function exercise(disk: SmallDisk, block: string): Promise<object> {
    const [own, above] = await devices();
    await disk.fill();
    const error: unknown = await appendFile(block, Buffer.alloc(8192)).catch(
      (thrown: unknown) => thrown,
    );
    await disk.free();
    await writeFile(block, 'next');
    await disk.remove();
    return { isMounted: own !== above, code: (error as NodeJS.ErrnoException | undefined)?.code };
  }

  it('has the data, is filled and freed, and gives back what was written meanwhile', async () => {
    const disk = await placed();
    const block = join(data, 'ledger', 'block');
    const seen = disk === null ? null : await exercise(disk, block);
    expect(seen).toEqual(disk === null ? null : { isMounted: true, code: 'ENOSPC' });
    const [own, above] = await devices();
    expect(own).toBe(above);
    expect(await readFile(block, 'utf8')).toBe(disk === null ? 'genesis' : 'next');
    expect(await readdir(dirname(data))).toEqual([PEER]);
  });

  it('takes the place of one that an interrupted drill left', async () => {
    const left = await placed();
    await writeFile(join(data, 'ledger', 'block'), 'next');
    const disk = await placed();
    await left?.fill();
    await disk?.remove();
    expect(await readFile(join(data, 'ledger', 'block'), 'utf8')).toBe('next');
    expect(await readdir(dirname(data))).toEqual([PEER]);
  });

  it('is for nodes of the network only', async () => {
    await expect(putOnSmallDisk(dir, 'peer0.hospz', SPARE_BYTES)).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
    });
  });
});
