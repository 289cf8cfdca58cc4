/**
 * Multi-version concurrency control: did anything that a transaction read change since?
 *
 * @module
 */
import type { RangeRead, ReadWriteSet, Version } from '../endorsement/read-write-set.js';
import type { BlockUpdates, Update } from './block-updates.js';
import type { StateView } from './state-view.js';
import { privateKey } from './tables.js';

type Conflict = 'MVCC_READ_CONFLICT' | 'PHANTOM_READ_CONFLICT';

/** The conflict of a transaction with what is committed and with what goes before it in the block. */
export async function conflictOf(
  rwSet: ReadWriteSet,
  state: StateView,
  updates: BlockUpdates,
): Promise<Conflict | null> {
  const areReadsCurrent =
    rwSet.reads.every(({ key, version }) =>
      isSame(
        version,
        versionOf(key, updates.state, () => state.get(key)),
      ),
    ) &&
    rwSet.collections.every(({ collection, reads }) =>
      reads.every(({ keySha256, version }) => {
        const key = privateKey(collection, keySha256);
        const committed = (): Update => state.hash(collection, keySha256) ?? null;
        return isSame(version, versionOf(key, updates.hashes, committed));
      }),
    );
  if (!areReadsCurrent) return 'MVCC_READ_CONFLICT';
  for (const range of rwSet.ranges) {
    if (!(await isRangeCurrent(range, state, updates))) return 'PHANTOM_READ_CONFLICT';
  }
  return null;
}

async function isRangeCurrent(
  range: RangeRead,
  state: StateView,
  updates: BlockUpdates,
): Promise<boolean> {
  const { start, end, exhausted, results } = range;
  const isInside = (key: string): boolean =>
    compareKeys(key, start) >= 0 &&
    (exhausted ? end === '' || compareKeys(key, end) < 0 : compareKeys(key, end) <= 0);
  const expected = new Map(results.map(({ key, version }) => [key, version]));
  // A write inside the range by an earlier transaction of the block: a change, an addition or a loss.
  if ([...updates.state.keys()].some(isInside)) return false;
  let found = 0;
  for await (const { key, version } of state.range(start, exhausted ? end : '')) {
    if (!isInside(key)) break;
    if (!isSame(expected.get(key) ?? null, version)) return false;
    found += 1;
  }
  return found === expected.size;
}

function versionOf(
  key: string,
  updates: ReadonlyMap<string, Update>,
  committed: () => Update | undefined,
): Version | null {
  const update = updates.has(key) ? updates.get(key) : committed();
  return update?.version ?? null;
}

function isSame(a: Version | null, b: Version | null): boolean {
  return a === null || b === null ? a === b : a[0] === b[0] && a[1] === b[1];
}

/** The order of the state database: by UTF-8 bytes. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
