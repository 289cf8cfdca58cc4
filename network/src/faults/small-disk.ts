/**
 * A node's data on a file system of its own that is small enough to be filled.
 *
 * @module
 */
import {
  cp,
  type FileHandle,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSystemError, NetworkError, problemOf } from '../errors.js';
import { runCommand } from '../process/run-command.js';
import { nodeNamed, openNetwork } from '../up/open-network.js';

const COMMAND_LIMIT_MS = 10_000;
const FILLER = '.filler';
/** Coarse first, then what is left to the last byte. */
const CHUNKS_BYTES = [65_536, 4_096, 256, 1];

/** A small disk in place of a node's data folder. */
export interface SmallDisk {
  /** Takes all the space that is left. */
  fill: () => Promise<void>;
  /** Gives the space back. */
  free: () => Promise<void>;
  /** Moves the data back to where it was and unmounts. The node must be stopped. */
  remove: () => Promise<void>;
}

async function isMountPoint(dir: string): Promise<boolean> {
  try {
    const [own, parent] = await Promise.all([stat(dir), stat(dirname(dir))]);
    return own.dev !== parent.dev;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** @returns whether there was room for it */
async function appended(file: FileHandle, chunk: Uint8Array): Promise<boolean> {
  try {
    await file.appendFile(chunk);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOSPC')) return false;
    throw error;
  }
}

async function fill(dir: string): Promise<void> {
  const file = await open(join(dir, FILLER), 'a', 0o600);
  try {
    for (const bytes of CHUNKS_BYTES) {
      const chunk = Buffer.alloc(bytes, 1);
      while (await appended(file, chunk));
    }
  } finally {
    await file.close();
  }
}

async function mount(dir: string, sizeBytes: number): Promise<void> {
  const settings = `size=${String(sizeBytes)},mode=0700`;
  try {
    const args = ['-t', 'tmpfs', '-o', settings, 'emr-drill', dir];
    await runCommand('mount', args, { limitMs: COMMAND_LIMIT_MS });
  } catch (error) {
    const details = { fault: 'a file system of limited size', problem: problemOf(error) };
    throw new NetworkError('FAULT_NOT_PERMITTED', details, { cause: error });
  }
}

/** Copies what is on the small disk before it goes; without one, the data as it was before it. */
async function remove(data: string): Promise<void> {
  const [aside, copy] = [`${data}.aside`, `${data}.copy`];
  if (await isMountPoint(data)) {
    await rm(join(data, FILLER), { force: true });
    await rm(copy, { recursive: true, force: true });
    await cp(data, copy, { recursive: true, preserveTimestamps: true });
    await runCommand('umount', [data], { limitMs: COMMAND_LIMIT_MS });
    await rmdir(data);
    await rename(copy, data);
    await rm(aside, { recursive: true, force: true });
    return;
  }
  if ((await stat(aside).catch(() => null)) === null) return;
  await rm(copy, { recursive: true, force: true });
  await rm(data, { recursive: true, force: true });
  await rename(aside, data);
}

/**
 * Moves a stopped node's data to a file system of its own (tmpfs; the caller must be root). What an
 * earlier call left behind is taken away first.
 *
 * @param spareBytes - how much room there is beside the data that the node has now
 * @throws {@link NetworkError} FAULT_NOT_PERMITTED where mounting is refused, NODE_UNKNOWN
 */
export async function putOnSmallDisk(
  dir: string,
  name: string,
  spareBytes: number,
): Promise<SmallDisk> {
  const { paths, topology } = await openNetwork(dir);
  const data = paths.data(nodeNamed(topology, name).name);
  const aside = `${data}.aside`;
  await remove(data);
  const usedBytes = await sizeOf(data);
  await rename(data, aside);
  try {
    await mkdir(data, { mode: 0o700 });
    await mount(data, usedBytes + spareBytes);
    await cp(aside, data, { recursive: true, preserveTimestamps: true });
  } catch (error) {
    if (await isMountPoint(data)) {
      await runCommand('umount', [data], { limitMs: COMMAND_LIMIT_MS });
    }
    await rm(data, { recursive: true, force: true });
    await rename(aside, data);
    throw error;
  }
  return {
    fill: () => fill(data),
    free: () => rm(join(data, FILLER), { force: true }),
    remove: () => remove(data),
  };
}

/** Blocks on disk, as a file system counts them. */
async function sizeOf(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).blocks * 512),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
