/**
 * An organization's custodian keys on disk, outside the peer's database.
 *
 * One file for each generation: `PATH` for the first, `PATH.2`, `PATH.3`, … for later ones. A file is
 * written once and never changed, so a secret key is in one place on disk, and that place is
 * overwritten when the key is destroyed.
 *
 * @module
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { KeyGeneration } from '@emr-share/model';
import type { CustodianKey, CustodianKeys } from '../contract-service.js';
import { CustodianKeyring } from '../custodian-keyring.js';
import { readKeyFile, makeKeyFile } from './custodian-file.js';
import { destroyFile, DOOMED, finishDestroying } from './destroy-file.js';

const FIRST = 1;

/** {@link CustodianKeys} that follow what is on disk, whoever changes it. */
export class CustodianKeyFiles implements CustodianKeys {
  readonly #path: string;
  #names: readonly string[] = [];
  #keyring = new CustodianKeyring([]);

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Opens an organization's keys; makes the first one where there is none. Processes that start at
   * once end up with the same key, and a crash leaves a whole file or none. Losing the files makes
   * every fragment of the organization unreadable.
   *
   * @param path - The file of the first generation.
   * @throws ServiceError where a file is damaged, or open to other users of the machine.
   */
  static async open(path: string): Promise<CustodianKeyFiles> {
    const files = new CustodianKeyFiles(path);
    await finishDestroying(path);
    await files.refresh();
    if (files.generations.length === 0) await files.add(FIRST);
    return files;
  }

  get generations(): readonly KeyGeneration[] {
    return this.#keyring.generations;
  }

  of(generation: KeyGeneration): CustodianKey | undefined {
    return this.#keyring.of(generation);
  }

  /**
   * Looks whether another process has made or destroyed keys: one directory listing.
   *
   * @throws ServiceError where a new file is damaged, or open to other users.
   */
  async refresh(): Promise<void> {
    const names = await keyFileNames(this.#path);
    // Files do not change, so their names say all.
    if (names.length === this.#names.length && names.every((name, i) => name === this.#names[i])) {
      return;
    }
    const keys = await Promise.all(names.map((name) => this.#read(name)));
    this.#keyring = new CustodianKeyring(keys.filter((key) => key !== null));
    this.#names = names;
  }

  /** Makes the key of a generation, beside the others; one that is there stays. */
  async add(generation: KeyGeneration): Promise<void> {
    await makeKeyFile(this.#fileOf(generation), generation);
    await this.refresh();
  }

  /**
   * Destroys every key before a generation: its file is overwritten, then removed. What a
   * copy-on-write file system, an SSD or a backup keeps of it is beyond this.
   *
   * @throws RangeError where no key would be left.
   */
  async destroyBefore(generation: KeyGeneration): Promise<void> {
    await this.refresh();
    const newest = this.generations.at(-1) ?? 0;
    if (newest < generation) throw new RangeError('the newest custodian key is not destroyed');
    for (const old of this.generations.filter((held) => held < generation)) {
      await destroyFile(this.#fileOf(old));
    }
    await this.refresh();
  }

  #fileOf(generation: KeyGeneration): string {
    return generation === FIRST ? this.#path : `${this.#path}.${generation}`;
  }

  /** `null` where it was destroyed meanwhile. */
  async #read(name: string): Promise<readonly [KeyGeneration, CustodianKey] | null> {
    const file = await readKeyFile(join(dirname(this.#path), name));
    return file === null ? null : [file.generation, file.custodian];
  }
}

async function keyFileNames(path: string): Promise<string[]> {
  const first = basename(path);
  const names = await readdir(dirname(path)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => name === first || isLater(name, first))
    .filter((name) => !name.endsWith(DOOMED))
    .sort();
}

function isLater(name: string, first: string): boolean {
  return name.startsWith(`${first}.`) && /^[1-9][0-9]*$/.test(name.slice(first.length + 1));
}
