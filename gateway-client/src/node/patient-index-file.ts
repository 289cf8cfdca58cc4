/**
 * A patient index in a directory of the hospital: LevelDB, with nothing in it that its key does not
 * open. See docs/patient-index.md.
 *
 * @module
 */
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmrError, UserId, validate, withoutRepeats } from '@emr-share/model';
import { ClassicLevel, type BatchOperation } from 'classic-level';
import * as v from 'valibot';
import { IndexedPatient, PatientQuery } from '../patients/indexed-patient.js';
import { termGroups, termsOf, type SearchTerm } from '../patients/search-terms.js';
import type { PatientIndex, PatientIndexOptions } from '../ports/patient-index.js';
import { IndexCipher } from './index-cipher.js';
import { createIndexKey, readIndexKey } from './index-key.js';

type Database = ClassicLevel<string, Uint8Array>;
type Write = BatchOperation<Database, string, Uint8Array>;

const MARK_PLACE = 'mark';
const MARK = 'emr-share-patient-index/1';
const ENTRY = 'p!';
const TERM = 't!';
const NOTHING = new Uint8Array(0);
const POLL_MS = 25;
/** The file that makes a directory a LevelDB. */
const LEVELDB_HEAD = 'CURRENT';

const Entries = v.pipe(
  v.array(IndexedPatient),
  withoutRepeats('patients', ({ patient }) => patient),
);

export interface OpenIndexOptions extends PatientIndexOptions {
  /** Made by the first {@link PatientIndexFile.open} with `create`. */
  readonly directory: string;
  /** Mode 0600, and best not beside the index in a backup. */
  readonly keyFile: string;
  /** Makes index and key where neither is there. Default false. */
  readonly create?: boolean | undefined;
  /** How long to wait for another process that has it open. Default 0. */
  readonly waitMs?: number | undefined;
}

/** An index that is open; one process at a time has it. Close it. */
export class PatientIndexFile implements PatientIndex, AsyncDisposable {
  readonly #path: string;
  readonly #database: Database;
  readonly #cipher: IndexCipher;

  private constructor(path: string, database: Database, cipher: IndexCipher) {
    this.#path = path;
    this.#database = database;
    this.#cipher = cipher;
  }

  /**
   * Opens an index.
   *
   * @throws EmrError `INDEX_NOT_FOUND`; `INDEX_BUSY` while another process has it open;
   *   `INDEX_INVALID` where the key is missing, exposed or another one, or the index is damaged.
   */
  static async open(options: OpenIndexOptions): Promise<PatientIndexFile> {
    const { directory, keyFile, create = false } = options;
    const isNew = !(await exists(join(directory, LEVELDB_HEAD)));
    if (isNew && !create) throw new EmrError('INDEX_NOT_FOUND', { path: directory });
    const key = await (isNew ? newKey(directory, keyFile) : readIndexKey(keyFile));
    const database = await openDatabase(directory, options);
    const index = new PatientIndexFile(directory, database, new IndexCipher(key));
    try {
      await index.#assertOwnKey();
    } catch (error) {
      await database.close();
      throw error;
    }
    return index;
  }

  async put(patients: readonly IndexedPatient[], options: PatientIndexOptions = {}): Promise<void> {
    const entries = validate(Entries, patients, 'the list of patients');
    const writes: Write[] = [];
    for (const entry of entries) {
      options.signal?.throwIfAborted();
      const place = this.#placeOf(entry.patient);
      writes.push(...(await this.#removal(place)));
      const value = this.#cipher.seal(place, entry);
      writes.push({ type: 'put', key: place, value });
      for (const key of this.#termKeys(entry, place)) {
        writes.push({ type: 'put', key, value: NOTHING });
      }
    }
    await this.#database.batch(writes, { sync: true });
  }

  async find(
    query: PatientQuery,
    options: PatientIndexOptions = {},
  ): Promise<readonly IndexedPatient[]> {
    const wanted = validate(PatientQuery, query, 'the description of the patient');
    const [first, ...others] = termGroups(wanted);
    if (first === undefined) return [];
    let places = await this.#placesUnder(first);
    for (const group of others) {
      options.signal?.throwIfAborted();
      const under = await this.#placesUnder(group);
      places = places.filter((place) => under.includes(place));
    }
    const entries = await Promise.all(places.map((place) => this.#entryAt(place)));
    return entries
      .filter((entry) => entry !== null)
      .filter(({ sex }) => wanted.sex === undefined || sex === undefined || sex === wanted.sex)
      .sort((one, other) => (one.patient < other.patient ? -1 : 1));
  }

  async remove(patient: UserId, options: PatientIndexOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    const place = this.#placeOf(validate(UserId, patient, 'the patient'));
    const writes = await this.#removal(place);
    if (writes.length === 0) return false;
    await this.#database.batch(writes, { sync: true });
    // Until then LevelDB keeps what was deleted, sealed, in its files.
    await this.#database.compactRange('', '\u{10ffff}');
    return true;
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #assertOwnKey(): Promise<void> {
    const mark = await this.#database.get(MARK_PLACE);
    if (mark === undefined) {
      const [anything] = await this.#database.keys({ limit: 1 }).all();
      if (anything !== undefined) throw this.#invalid('it is damaged');
      const value = this.#cipher.seal(MARK_PLACE, MARK);
      await this.#database.put(MARK_PLACE, value, { sync: true });
    } else if (this.#cipher.open(MARK_PLACE, mark) !== MARK) {
      throw this.#invalid('the key is of another index');
    }
  }

  #placeOf(patient: UserId): string {
    return `${ENTRY}${this.#cipher.token(['patient', patient])}`;
  }

  #termPrefix(term: SearchTerm): string {
    return `${TERM}${this.#cipher.token(term)}!`;
  }

  #termKeys(entry: IndexedPatient, place: string): Set<string> {
    return new Set(termsOf(entry).map((term) => `${this.#termPrefix(term)}${place}`));
  }

  /** What takes an entry away, its terms included; nothing where there is none. */
  async #removal(place: string): Promise<Write[]> {
    const entry = await this.#entryAt(place);
    if (entry === null) return [];
    return [place, ...this.#termKeys(entry, place)].map((key) => ({ type: 'del', key }));
  }

  async #entryAt(place: string): Promise<IndexedPatient | null> {
    const sealed = await this.#database.get(place);
    if (sealed === undefined) return null;
    const entry = this.#cipher.open(place, sealed);
    if (!v.is(IndexedPatient, entry)) throw this.#invalid('an entry is damaged');
    return entry;
  }

  async #placesUnder(terms: readonly SearchTerm[]): Promise<readonly string[]> {
    const found = await Promise.all(
      terms.map(async (term) => {
        const prefix = this.#termPrefix(term);
        const keys = await this.#database.keys({ gt: prefix, lt: `${prefix}~` }).all();
        return keys.map((key) => key.slice(prefix.length));
      }),
    );
    return [...new Set(found.flat())];
  }

  #invalid(problem: string): EmrError {
    return new EmrError('INDEX_INVALID', { path: this.#path, problem });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The key first: an index whose making was cut short has its key, and is then opened with it. */
async function newKey(directory: string, keyFile: string): Promise<Uint8Array> {
  const key = (await exists(keyFile)) ? await readIndexKey(keyFile) : await createIndexKey(keyFile);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return key;
}

async function openDatabase(
  directory: string,
  { waitMs = 0, signal }: OpenIndexOptions,
): Promise<Database> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    signal?.throwIfAborted();
    const database = new ClassicLevel<string, Uint8Array>(directory, { valueEncoding: 'view' });
    try {
      await database.open();
      return database;
    } catch (error) {
      const { code } = (error as { cause?: { code?: string } }).cause ?? {};
      const details = { path: directory };
      if (code !== 'LEVEL_LOCKED') {
        const problem = `it does not open (${code ?? 'unknown'})`;
        throw new EmrError('INDEX_INVALID', { ...details, problem }, { cause: error });
      }
      if (performance.now() >= deadline) {
        throw new EmrError('INDEX_BUSY', details, { cause: error });
      }
    }
    await delay(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
}
