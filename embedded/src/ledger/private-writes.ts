/**
 * Private values on their way from staging to the state of the organization that owns them.
 *
 * @module
 */
import type { PrivateWrite, ReadWriteSet } from '../endorsement/read-write-set.js';
import { sha256Hex } from '../hash.js';
import type { Operation } from './ledger-copy.js';
import { privateKey, type Table } from './tables.js';

/** Changes of table `private`: the staged writes whose hashes the block has. */
export function privateOperations(
  table: Table,
  { collections }: ReadWriteSet,
  staged: readonly PrivateWrite[],
): Operation[] {
  const ordered = new Map(
    collections.flatMap(({ collection, writes }) =>
      writes.map((write) => [privateKey(collection, write.keySha256), write.valueSha256] as const),
    ),
  );
  return staged.flatMap(({ collection, key, value }): Operation[] => {
    const bytes = value === null ? null : Buffer.from(value, 'base64');
    const valueSha256 = bytes === null ? null : sha256Hex(bytes);
    if (ordered.get(privateKey(collection, sha256Hex(key))) !== valueSha256) return [];
    const name = privateKey(collection, key);
    return bytes === null
      ? [{ type: 'del', sublevel: table, key: name }]
      : [{ type: 'put', sublevel: table, key: name, value: bytes }];
  });
}
