/**
 * Batches the directory fsyncs of many renames into one for each directory.
 *
 * @module
 */
import { dirname } from 'node:path';
import { syncDirectory } from './durable-directory.js';

/**
 * Collects the directories in which names changed until {@link DirectorySyncer.flush} makes them
 * durable.
 *
 * Batching is safe because a block is only promised once the flush is done, and a name that is lost
 * in a power cut before that leaves no block, never a wrong one.
 */
export class DirectorySyncer {
  readonly #root: string;
  readonly #linked = new Set<string>();
  #touched = new Set<string>();
  #flushed: Promise<void> = Promise.resolve();

  /** @param root - Durable already; the chain of parents is followed up to here. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Notes that a name in `directory`, which lies under the root, changed. */
  touch(directory: string): void {
    this.#touched.add(directory);
  }

  /**
   * Resolves once every name noted before this call is durable, also those that a flush of another
   * caller, still under way, has taken over.
   */
  flush(): Promise<void> {
    const flushed = this.#flushed.catch(() => undefined).then(() => this.#flushTouched());
    this.#flushed = flushed;
    return flushed;
  }

  async #flushTouched(): Promise<void> {
    const touched = this.#touched;
    this.#touched = new Set();
    try {
      await Promise.all([...touched].map(syncDirectory));
      const parents = new Set(
        [...touched].flatMap((directory) => this.#unlinkedParents(directory)),
      );
      await Promise.all([...parents].map(syncDirectory));
      for (const directory of touched) this.#linked.add(directory);
    } catch (error) {
      for (const directory of touched) this.#touched.add(directory);
      throw error;
    }
  }

  /** Directories that hold the names of `directory` and its parents, unless known to be durable. */
  #unlinkedParents(directory: string): string[] {
    const parents: string[] = [];
    if (this.#linked.has(directory)) return parents;
    for (let path = directory; path !== this.#root;) {
      path = dirname(path);
      parents.push(path);
    }
    return parents;
  }
}
