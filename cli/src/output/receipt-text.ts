/**
 * Receipts for grants that ended, as people read them.
 *
 * @module
 */
import type { PurgedAt } from '@emr-share/model';
import { table } from './table.js';

/** How much each organization has purged. */
export function purgedTable(purged: readonly PurgedAt[], what: 'fragments' | 'shares'): string {
  const rows = purged.map(({ mspId, scopes }) => [mspId, String(scopes.length)]);
  return table(['organization', `${what} purged`], rows, '');
}
