/**
 * Tables of one organization's copy of the ledger, all in one LevelDB, so that one synced batch
 * changes them together.
 *
 * @module
 */
import { ClassicLevel } from 'classic-level';

export type Database = ClassicLevel<string, Uint8Array>;
export type Table = ReturnType<typeof openTable>;

export const TABLE_NAMES = [
  /** Block number, 12 digits → stored block. */
  'blocks',
  /** Transaction ID → where it is and how it was judged. */
  'transactions',
  /** Key → version and value. */
  'state',
  /** Collection, zero, SHA-256 of the key → version and SHA-256 of the value; of every organization. */
  'hashes',
  /** Collection, zero, key → value; of this organization only. */
  'private',
  /** Transaction ID → private writes of a transaction that is not committed yet. */
  'staged',
  /** `head`, `compaction`. */
  'meta',
] as const;
export type TableName = (typeof TABLE_NAMES)[number];
export type Tables = Readonly<Record<TableName, Table>>;

/** A database of keys in UTF-8 order, as Fabric orders them, and byte values. */
export function newDatabase(directory: string): Database {
  return new ClassicLevel<string, Uint8Array>(directory, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
  });
}

export function tablesOf(database: Database): Tables {
  const tables = TABLE_NAMES.map((name) => [name, openTable(database, name)] as const);
  return Object.fromEntries(tables) as unknown as Tables;
}

// eslint-disable-next-line @typescript-eslint/explicit-function-return-type -- classic-level does not export the type
function openTable(database: Database, name: TableName) {
  return database.sublevel<string, Uint8Array>(name, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
  });
}

/** Key of a private value in `private`; with the key's hash, in `hashes`. */
export function privateKey(collection: string, key: string): string {
  return `${collection}\0${key}`;
}

/** Every key of the table, as the database itself sees them: `!name!` and what follows. */
export function rangeOf(name: TableName): readonly [start: string, end: string] {
  return [`!${name}!`, `!${name}"`];
}

/** Whether LevelDB said so: damage, a full disk, a database that is closed. */
export function isDatabaseError(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && code.startsWith('LEVEL_');
}
