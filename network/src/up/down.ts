import { readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withLock } from '../files/lock.js';
import { GRACE_MS } from '../nodes/run-node.js';
import { readProcessRecord, removeProcessRecord } from '../process/process-record.js';
import { type StopOutcome, stopProcess } from '../process/stop-process.js';
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

async function recordPaths(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter((name) => name.endsWith('.json')).map((name) => `${dir}/${name}`);
}

async function stopRecorded(path: string, graceMs: number): Promise<DownReport> {
  const record = await readProcessRecord(path);
  if (record === null) return [];
  const outcome = await stopProcess(record, graceMs);
  await removeProcessRecord(path);
  return [{ node: record.node, outcome }];
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
    const records = await recordPaths(dirname(paths.record('any')));
    const reports = await Promise.all(records.map((path) => stopRecorded(path, graceMs)));
    if (purge) await rm(paths.dir, { recursive: true, force: true });
    return reports.flat();
  });
}
