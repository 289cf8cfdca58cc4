/**
 * Mutual exclusion between processes. A lock names its owner by PID and start mark, so the lock of a
 * killed process is taken over at once, and that of a living one never.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { isSystemError, NetworkError, problemOf } from '../errors.js';
import { startMarkOf } from '../process/process-identity.js';
import { makePrivateDir, readIfThere } from './atomic.js';

const Owner = v.object({ pid: v.number(), startMark: v.string(), nonce: v.string() });
type Owner = v.InferOutput<typeof Owner>;

const POLL_MS = 100;

export interface LockOptions {
  /** How long to wait for a living owner; 0: not at all. */
  waitMs: number;
  /** Called once, when there is somebody to wait for. */
  onWait?: (pid: number) => void;
  signal?: AbortSignal;
}

async function readOwner(path: string): Promise<Owner | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  try {
    return v.parse(Owner, JSON.parse(text));
  } catch (error) {
    throw new NetworkError('STATE_INVALID', {
      path,
      problem: `not a lock (${problemOf(error)}); delete it when no other command runs`,
    });
  }
}

/** `link` fails where the name is taken, and the file is whole from the moment it has the name. */
async function tryLink(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

/**
 * Replaces a dead owner's lock by ours. The heir to a nonce is whoever links the name made of it
 * first; and only the heir may replace that lock, so two heirs never replace each other's.
 */
async function tryInherit(temporary: string, path: string, dead: Owner): Promise<boolean> {
  const heir = `${path}.${dead.nonce}`;
  if (!(await tryLink(temporary, heir))) return false;
  try {
    if ((await readOwner(path))?.nonce !== dead.nonce) return false;
    await rename(heir, path);
    return true;
  } finally {
    await rm(heir, { force: true });
  }
}

async function tryAcquire(temporary: string, path: string): Promise<Owner | null> {
  if (await tryLink(temporary, path)) return null;
  const owner = await readOwner(path);
  if (owner === null) return tryAcquire(temporary, path);
  if ((await startMarkOf(owner.pid)) === owner.startMark) return owner;
  return (await tryInherit(temporary, path, owner)) ? null : owner;
}

async function acquire(temporary: string, path: string, options: LockOptions): Promise<void> {
  const deadline = Date.now() + options.waitMs;
  let told = false;
  for (;;) {
    options.signal?.throwIfAborted();
    const owner = await tryAcquire(temporary, path);
    if (owner === null) return;
    if (Date.now() >= deadline) {
      throw new NetworkError('NETWORK_BUSY', { dir: dirname(path), pid: owner.pid });
    }
    if (!told) options.onWait?.(owner.pid);
    told = true;
    await delay(POLL_MS);
  }
}

/**
 * Runs `action` while holding the lock file.
 *
 * @throws {@link NetworkError} NETWORK_BUSY where another living process holds it for too long
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  action: () => Promise<T>,
): Promise<T> {
  await makePrivateDir(dirname(path));
  const nonce = randomUUID();
  const temporary = `${path}.${nonce}.mine`;
  const owner: Owner = {
    pid: process.pid,
    startMark: (await startMarkOf(process.pid)) ?? '',
    nonce,
  };
  try {
    await writeFile(temporary, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    await acquire(temporary, path, options);
  } finally {
    await rm(temporary, { force: true });
  }
  try {
    return await action();
  } finally {
    if ((await readOwner(path))?.nonce === nonce) await rm(path, { force: true });
  }
}
