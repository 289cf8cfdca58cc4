/**
 * Which blobs stand: `staged/<cid>` for those put but not filed yet, `pins/<cid>` for those filed.
 *
 * @module
 */
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, makeDirectory, syncDirectory } from './durable-directory.js';
import { KeyedLock } from './keyed-lock.js';

/** The life of each blob as an empty file whose folder is its state; every change is one rename. */
export class BlobJournal {
  readonly #staged: string;
  readonly #pins: string;
  readonly #lock = new KeyedLock();

  private constructor(directory: string) {
    this.#staged = join(directory, 'staged');
    this.#pins = join(directory, 'pins');
  }

  /** Opens the journal in `directory`, which is created when missing. */
  static async open(directory: string): Promise<BlobJournal> {
    const journal = new BlobJournal(directory);
    await makeDirectory(journal.#staged);
    await makeDirectory(journal.#pins);
    return journal;
  }

  /** Marks a blob as put just now, unless it is pinned already. Durable when it resolves. */
  async stage(cid: string): Promise<void> {
    await this.#lock.run(cid, async () => {
      if (await exists(join(this.#pins, cid))) return;
      const handle = await open(join(this.#staged, cid), 'w');
      try {
        const now = new Date();
        await handle.utimes(now, now);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await syncDirectory(this.#staged);
    });
  }

  /** Makes a staged blob a pinned one, durably; `false` when it is neither staged nor pinned. */
  async pin(cid: string): Promise<boolean> {
    return this.#lock.run(cid, async () => {
      if (await exists(join(this.#pins, cid))) return true;
      try {
        await rename(join(this.#staged, cid), join(this.#pins, cid));
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return false;
        throw error;
      }
      await syncDirectory(this.#pins);
      await syncDirectory(this.#staged);
      return true;
    });
  }

  /**
   * Drops the mark of a staged blob, if it was put at least `olderThanMs` ago; leaves a pin alone.
   * `false` when there is no such mark.
   */
  async unstage(cid: string, olderThanMs = 0): Promise<boolean> {
    return this.#lock.run(cid, async () => {
      if (!(await this.#isOlder(cid, olderThanMs))) return false;
      await rm(join(this.#staged, cid), { force: true });
      await syncDirectory(this.#staged);
      return true;
    });
  }

  /** The blobs put at least `olderThanMs` ago that were never pinned. */
  async stagedBefore(olderThanMs: number): Promise<string[]> {
    const staged: string[] = [];
    for (const cid of await cidsIn(this.#staged)) {
      if (await this.#isOlder(cid, olderThanMs)) staged.push(cid);
    }
    return staged;
  }

  /** Every blob that stands. A blob being pinned meanwhile is among them. */
  async roots(): Promise<Set<string>> {
    // The staged ones first: pinning moves a name from there to the pins, never back.
    const staged = await cidsIn(this.#staged);
    return new Set([...staged, ...(await cidsIn(this.#pins))]);
  }

  async #isOlder(cid: string, olderThanMs: number): Promise<boolean> {
    try {
      return Date.now() - (await stat(join(this.#staged, cid))).mtimeMs >= olderThanMs;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }
}

/** Other names (`.DS_Store`) are not ours. */
async function cidsIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => /^b[a-z2-7]+$/.test(name));
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
