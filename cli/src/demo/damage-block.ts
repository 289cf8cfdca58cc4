/**
 * Damage to a store's files, behind the back of the store.
 *
 * @module
 */
import { chmod, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBytes, type BlobStore } from '@emr-share/gateway-client';
import type { Damage } from './backend.js';

/** The stores cut content into blocks of this size at most. */
const BLOCK_BYTES = 1024 * 1024;
const OWNER_WRITES = 0o600;

/**
 * Flips one bit in the first block of `cid`, in every copy of it.
 *
 * @param folders - where the copies are: each block in a file of its own
 */
export async function damageBlock(
  blobs: BlobStore,
  folders: readonly string[],
  cid: string,
): Promise<Damage> {
  const block = await readBytes(blobs.get(cid, { lengthBytes: BLOCK_BYTES }));
  const found = await Promise.all(folders.map((folder) => filesWithBytes(folder, block)));
  const paths = found.flat();
  if (paths.length === 0) throw new Error('no store has a file with the bytes of this block');
  const offset = Math.floor(block.length / 2);
  const flipAll = async (): Promise<void> => {
    for (const path of paths) await flipBit(path, offset);
  };
  await flipAll();
  const copies = paths.length === 1 ? '' : `, in each of its ${String(paths.length)} copies`;
  return {
    what: `bit 0 of byte ${String(offset)} in a block of ${String(block.length)} bytes${copies}`,
    heal: flipAll,
  };
}

async function filesWithBytes(folder: string, bytes: Uint8Array): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if ((await stat(path)).size !== bytes.length) continue;
    if ((await readFile(path)).equals(bytes)) paths.push(path);
  }
  return paths;
}

async function flipBit(path: string, offset: number): Promise<void> {
  const { mode } = await stat(path);
  // Kubo writes blocks read-only.
  await chmod(path, mode | OWNER_WRITES);
  await using file = await open(path, 'r+');
  const byte = new Uint8Array(1);
  await file.read(byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ 1;
  await file.write(byte, 0, 1, offset);
  await file.sync();
  await file.chmod(mode);
}
