/**
 * What the network itself says after a drill.
 *
 * @module
 */
import {
  compareLedgers,
  type LedgerComparison,
  NetworkError,
  status,
  supervisorReport,
} from '@emr-share/network';

/** Ledgers that do not even reach one height differ. */
export async function comparison(dir: string, signal: AbortSignal): Promise<LedgerComparison> {
  try {
    return await compareLedgers(dir, { signal });
  } catch (error) {
    if (!NetworkError.is(error, 'TIMEOUT')) throw error;
    const { nodes } = await status(dir, signal);
    const copies = nodes.flatMap(({ node, height }) =>
      height === null ? [] : [{ node, height, lastBlockHash: '', snapshotHash: null }],
    );
    return { equal: false, copies };
  }
}

/** Nodes that the supervisor has restarted since the network was brought up, oldest first. */
export async function supervisorRestarts(dir: string): Promise<readonly string[]> {
  const { events } = await supervisorReport(dir);
  return events.flatMap((event) => (event.kind === 'restarted' ? [event.node] : []));
}
