/** A store in a folder of its own, and ways to damage it. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import { isLeaf } from '@emr-share/gateway-client/unixfs';
import { blockKey } from '../../src/blobs/block-store.js';
import { UnixfsBlobStore } from '../../src/blobs/unixfs-blob-store.js';

export class StoreDirectory {
  readonly path: string;
  readonly store: UnixfsBlobStore;

  private constructor(path: string, store: UnixfsBlobStore) {
    this.path = path;
    this.store = store;
  }

  static async create(): Promise<StoreDirectory> {
    const path = await mkdtemp(join(tmpdir(), 'emr-blobs-'));
    return new StoreDirectory(path, await UnixfsBlobStore.open({ directory: path }));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true });
  }

  /** Files of all blocks, by key. */
  async blockFiles(): Promise<Map<string, string>> {
    const entries = await readdir(join(this.path, 'blocks'), {
      recursive: true,
      withFileTypes: true,
    });
    return new Map(
      entries.filter((e) => e.isFile()).map((e) => [e.name, join(e.parentPath, e.name)]),
    );
  }

  async blockFile(cid: CID): Promise<string> {
    const file = (await this.blockFiles()).get(blockKey(cid));
    if (file === undefined) throw new Error(`no block ${cid.toString()}`);
    return file;
  }

  /** The blocks of a blob in reading order, nodes before what is below them. */
  async blocksOf(cid: string | CID): Promise<CID[]> {
    const root = typeof cid === 'string' ? CID.parse(cid) : cid;
    if (isLeaf(root)) return [root];
    const node = dagPb.decode(await readFile(await this.blockFile(root)));
    const below = await Promise.all(node.Links.map(({ Hash: child }) => this.blocksOf(child)));
    return [root, ...below.flat()];
  }

  async flipBit(cid: CID, byte = 0, bit = 0): Promise<void> {
    const file = await this.blockFile(cid);
    const bytes = await readFile(file);
    bytes[byte]! ^= 1 << bit;
    await writeFile(file, bytes);
  }

  async removeBlock(cid: CID): Promise<void> {
    await rm(await this.blockFile(cid));
  }

  async namesIn(folder: 'staged' | 'pins' | 'tmp'): Promise<string[]> {
    return readdir(join(this.path, folder));
  }
}
