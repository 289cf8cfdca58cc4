/**
 * Content-addressed blocks as files: `blocks/<x>/<y>/<multihash in base32>`, two levels of 32
 * directories by the end of the digest. The file's name says its hash, so every read can be checked.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EmrError } from '@emr-share/model';
import { base32 } from 'multiformats/bases/base32';
import type { CID } from 'multiformats/cid';
import { DirectorySyncer } from './directory-syncer.js';
import { errorCode, makeDirectory } from './durable-directory.js';
import { KeyedLock } from './keyed-lock.js';

/** Name of a block: its SHA-256 multihash in base32, 55 characters. The codec is not part of it. */
export type BlockKey = string;

/** No IPFS implementation makes or exchanges larger blocks. */
const MAX_BLOCK_BYTES = 2 * 1024 * 1024;
const SHA256_CODE = 0x12;
/** Other names in these directories (`.DS_Store`, `lost+found`) are not ours to touch. */
const FAN_OUT_NAME = /^[a-z2-7]$/;
const KEY_NAME = /^[a-z2-7]{55}$/;

/** The key under which the block of `cid` is stored. */
export function blockKey(cid: CID): BlockKey {
  return base32.baseEncode(cid.multihash.bytes);
}

/**
 * Blocks on disk. Every write is complete or absent after a crash or a power cut; every read is
 * checked against the hash.
 *
 * One process at a time may open a directory.
 */
export class BlockStore {
  readonly #blocks: string;
  readonly #temporary: string;
  readonly #liveTemporaries = new Set<string>();
  readonly #syncer: DirectorySyncer;
  readonly #lock = new KeyedLock();

  private constructor(directory: string) {
    this.#blocks = join(directory, 'blocks');
    this.#temporary = join(directory, 'tmp');
    this.#syncer = new DirectorySyncer(this.#blocks);
  }

  /** Opens the store in `directory`, which is created when missing. */
  static async open(directory: string): Promise<BlockStore> {
    const store = new BlockStore(directory);
    await makeDirectory(store.#blocks);
    await makeDirectory(store.#temporary);
    return store;
  }

  /**
   * Writes a block; its data is on disk when this resolves, its name once {@link BlockStore.sync}
   * has. A block that is there and sound is not written again; a damaged one is replaced.
   *
   * @param bytes - Must hash to `cid`, which the caller computed; must not change until then.
   */
  async put(cid: CID, bytes: Uint8Array): Promise<void> {
    const key = blockKey(cid);
    await this.#lock.run(key, async () => {
      const path = this.#pathOf(key);
      if (!(await this.#holdsSound(cid, path, bytes.length))) await this.#write(path, bytes);
      this.#syncer.touch(dirname(path));
    });
  }

  /** Resolves once the names of all blocks put so far are durable. */
  async sync(): Promise<void> {
    await this.#syncer.flush();
  }

  /**
   * Reads a block and checks its SHA-256.
   *
   * @throws {@link EmrError} `BLOB_UNAVAILABLE` when it is not there, `BLOB_CORRUPT` when its bytes
   * do not match; both name this block's CID.
   */
  async get(cid: CID): Promise<Uint8Array> {
    const bytes = await readBlockFile(this.#pathOf(blockKey(cid)), cid);
    if (!isSound(cid, bytes)) throw new EmrError('BLOB_CORRUPT', { cid: cid.toString() });
    return bytes;
  }

  /** Removes a block, unless `keep`, asked at the last moment, says otherwise. */
  async delete(key: BlockKey, keep: () => boolean): Promise<void> {
    await this.#lock.run(key, async () => {
      if (!keep()) await rm(this.#pathOf(key), { force: true });
    });
  }

  /** Names all blocks, in no particular order, one directory at a time. */
  async *keys(): AsyncGenerator<BlockKey, void, undefined> {
    for (const upper of await namesIn(this.#blocks, FAN_OUT_NAME)) {
      for (const lower of await namesIn(join(this.#blocks, upper), FAN_OUT_NAME)) {
        yield* await namesIn(join(this.#blocks, upper, lower), KEY_NAME);
      }
    }
  }

  /** Removes the half-written files of earlier processes that ended more than `olderThanMs` ago. */
  async removeLeftovers(olderThanMs: number): Promise<void> {
    for (const name of await readdir(this.#temporary)) {
      if (this.#liveTemporaries.has(name)) continue;
      const path = join(this.#temporary, name);
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs >= olderThanMs) await rm(path, { force: true });
    }
  }

  /** The last character of a 34-byte multihash in base32 carries two bits only: it is skipped. */
  #pathOf(key: BlockKey): string {
    return join(this.#blocks, key.slice(-2, -1), key.slice(-3, -2), key);
  }

  async #holdsSound(cid: CID, path: string, sizeBytes: number): Promise<boolean> {
    try {
      return (await stat(path)).size === sizeBytes && isSound(cid, await readBlockFile(path, cid));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const name = randomUUID();
    const temporary = join(this.#temporary, name);
    this.#liveTemporaries.add(name);
    try {
      await writeDurably(temporary, bytes);
      await this.#moveInto(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      this.#liveTemporaries.delete(name);
    }
  }

  async #moveInto(temporary: string, path: string): Promise<void> {
    try {
      await rename(temporary, path);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await mkdir(dirname(path), { recursive: true });
      await rename(temporary, path);
    }
  }
}

async function namesIn(directory: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(directory)).filter((name) => pattern.test(name));
}

function isSound(cid: CID, bytes: Uint8Array): boolean {
  if (cid.multihash.code !== SHA256_CODE) return false;
  // On this thread on purpose: it is as fast as a thread pool's hash is with its copy of the block,
  // and leaves the pool to the reads and to the decryption that run beside it.
  return createHash('sha256').update(bytes).digest().equals(cid.multihash.digest);
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function readBlockFile(path: string, cid: CID): Promise<Uint8Array> {
  const handle = await openBlock(path, cid);
  try {
    const { size } = await handle.stat();
    if (size > MAX_BLOCK_BYTES) throw new EmrError('BLOB_CORRUPT', { cid: cid.toString() });
    const bytes = Buffer.allocUnsafeSlow(size);
    const sizeBytes = await readFully(handle, bytes);
    return bytes.subarray(0, sizeBytes);
  } finally {
    await handle.close();
  }
}

async function openBlock(path: string, cid: CID): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new EmrError('BLOB_UNAVAILABLE', { cid: cid.toString() });
  }
}

/** Fills `bytes` as far as the file goes; gives the number of bytes read. */
async function readFully(handle: FileHandle, bytes: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
