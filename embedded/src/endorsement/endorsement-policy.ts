/**
 * Whose endorsements a transaction needs, as Fabric's default policies have it.
 *
 * @module
 */
import { implicitCollection, type MspId } from '@emr-share/model';
import type { ReadWriteSet } from './read-write-set.js';

/**
 * Whether `endorsers` suffice for what a transaction writes.
 *
 * Public writes, and transactions that write nothing, need a majority of the organizations. Writes
 * to an organization's implicit collection need that organization. So one organization alone can
 * change its own private data and nothing else.
 */
export function isSufficientlyEndorsed(
  { writes, collections }: ReadWriteSet,
  endorsers: ReadonlySet<MspId>,
  organizations: readonly MspId[],
): boolean {
  const written = collections.filter((collection) => collection.writes.length > 0);
  const owners = new Map(organizations.map((mspId) => [implicitCollection(mspId), mspId]));
  const areOwnersPresent = written.every(({ collection }) => {
    const owner = owners.get(collection);
    return owner !== undefined && endorsers.has(owner);
  });
  const needsMajority = writes.length > 0 || written.length === 0;
  return areOwnersPresent && (!needsMajority || endorsers.size > organizations.length / 2);
}
