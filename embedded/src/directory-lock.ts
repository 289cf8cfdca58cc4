/**
 * One process at a time for each consortium directory.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EmrError } from '@emr-share/model';
import { newDatabase, type Database } from './ledger/tables.js';

const POLL_MS = 25;

export interface LockOptions {
  /** How long to wait for another process to end. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A lock that the operating system releases when the process dies, however it dies. */
export class DirectoryLock {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Takes the lock.
   *
   * @param busyPath - Names the directory in the error.
   * @throws EmrError `LEDGER_BUSY` when it is still taken after `waitMs`.
   */
  static async acquire(
    path: string,
    busyPath: string,
    { waitMs, signal }: LockOptions,
  ): Promise<DirectoryLock> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      signal?.throwIfAborted();
      const database = newDatabase(path);
      try {
        await database.open();
        return new DirectoryLock(database);
      } catch (cause) {
        if (!isLocked(cause)) throw cause;
        if (performance.now() >= deadline) {
          throw new EmrError('LEDGER_BUSY', { path: busyPath }, { cause });
        }
      }
      await pause(signal);
    }
  }

  release(): Promise<void> {
    return this.#database.close();
  }
}

function isLocked(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code === 'LEVEL_LOCKED';
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  const ms = POLL_MS * (0.5 + Math.random());
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
