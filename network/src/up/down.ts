import { readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withLock } from '../files/lock.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { GRACE_MS, stopRecorded } from '../nodes/run-node.js';
import type { StopOutcome } from '../process/stop-process.js';
import { stopSupervisor } from '../supervise/detached.js';
import { openNetwork } from './open-network.js';

export interface DownOptions {
  /** Also deletes the folder: ledgers, keys, content, everything. */
  purge?: boolean;
  /** How long nodes may take to end by themselves before they are killed; 10 s by default. */
  graceMs?: number;
  signal?: AbortSignal;
}

/** How each node that had a pid file ended. */
export type DownReport = { node: string; outcome: StopOutcome }[];

/** Nodes with a pid file, those too that the topology does not name any more. */
async function recordedNodes(paths: NetworkPaths): Promise<string[]> {
  const names = await readdir(dirname(paths.record('any'))).catch(() => []);
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));
}

/**
 * Ends every process of the network, all at once, each within `graceMs` or by SIGKILL. Only processes
 * that are provably the ones started for it are signalled. What the nodes hold stays on disk, unless
 * it is purged.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, NETWORK_BUSY, NODE_UNSTOPPABLE
 */
export async function down(dir: string, options: DownOptions = {}): Promise<DownReport> {
  const { purge = false, graceMs = GRACE_MS, signal } = options;
  const { paths } = await openNetwork(dir);
  const lock = { waitMs: 0, ...(signal === undefined ? {} : { signal }) };
  return withLock(paths.lock, lock, async () => {
    await stopSupervisor(paths);
    const nodes = await recordedNodes(paths);
    const report = await Promise.all(
      nodes.map(async (node) => {
        const outcome = await stopRecorded(paths.record(node), graceMs, signal);
        return { node, outcome };
      }),
    );
    if (purge) await rm(paths.dir, { recursive: true, force: true });
    return report;
  });
}
