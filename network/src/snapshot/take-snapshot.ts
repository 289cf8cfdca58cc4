/**
 * A copy of everything that a network's folder holds, from one moment.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { NetworkError } from '../errors.js';
import { startNodes } from '../faults/run-nodes.js';
import { withLock } from '../files/lock.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { heightOf } from '../nodes/health.js';
import { GRACE_MS, runningRecord, stopRecorded } from '../nodes/run-node.js';
import { type OnProgress, silent } from '../progress.js';
import { startSupervisor, stopSupervisor, supervisorReport } from '../supervise/detached.js';
import type { ToolOptions } from '../tools/origin.js';
import { isRole, type Node, nodesOf } from '../topology/topology.js';
import { openNetwork, type OpenNetwork } from '../up/open-network.js';
import { waitFor } from '../wait.js';
import { archive } from './archive.js';
import { contentOf } from './folder-content.js';
import { tapped } from './tapped.js';

export interface SnapshotOptions {
  tools?: Omit<ToolOptions, 'onProgress' | 'signal'>;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** What a snapshot holds. */
export interface SnapshotContents {
  network: string;
  host: string | null;
  takenAt: string;
  /** Blocks in the ledger of each peer. */
  heights: Readonly<Record<string, number>>;
  files: number;
  bytes: number;
  /** Of the whole archive, hex. */
  sha256: string;
}

/** What was taken. */
export interface SnapshotReport extends SnapshotContents {
  /** How long the nodes were not all running. */
  stoppedMs: number;
}

/** Without orderers no block is added: then the peers of this host come to the same height. */
const LEVEL_LIMIT_MS = 5_000;

/**
 * Stops the nodes of this host, gives everything in its folder to `write` as a tar archive, and starts
 * again what ran, also where writing fails. First the orderers, so that no ledger grows any more; then
 * the peers and contract services; then the stores, which so hold the content of every record; then
 * the CAs. The archive holds private keys in the clear: encrypt it.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, NETWORK_BUSY, NODE_UNSTOPPABLE, STATE_INVALID; what
 *   `write` fails with; NODE_EXITED, NODE_UNHEALTHY where a node does not come back
 */
export async function takeSnapshot(
  dir: string,
  write: (content: AsyncIterable<Uint8Array>) => Promise<unknown>,
  options: SnapshotOptions = {},
): Promise<SnapshotReport> {
  const network = await openNetwork(dir);
  const { paths } = network;
  const abort = options.signal === undefined ? {} : { signal: options.signal };
  return withLock(paths.lock, { waitMs: 0, ...abort }, async () => {
    const started = Date.now();
    const running = await runningNodes(network);
    const isSupervised = (await supervisorReport(paths.dir)).pid !== null;
    let copied: Omit<SnapshotReport, 'stoppedMs'>;
    try {
      await stopSupervisor(paths);
      const heights = await stopInOrder(network, running, options.signal);
      copied = await copy(network, heights, write, options);
    } finally {
      const { tools = {}, onProgress = silent } = options;
      onProgress({ kind: 'note', text: 'Starting the nodes again' });
      await startNodes(
        paths.dir,
        running.map(({ name }) => name),
        { tools },
      );
      if (isSupervised) await startSupervisor(paths, tools);
    }
    return { ...copied, stoppedMs: Date.now() - started };
  });
}

async function runningNodes({ local, paths }: OpenNetwork): Promise<Node[]> {
  const nodes = nodesOf(local);
  const records = await Promise.all(nodes.map((node) => runningRecord(node, paths)));
  return nodes.filter((_, i) => records[i] !== null);
}

/** @returns the heights of the peers, once nothing adds to them */
async function stopInOrder(
  { topology, paths }: OpenNetwork,
  running: readonly Node[],
  signal?: AbortSignal,
): Promise<Record<string, number>> {
  const stop = (isOfPhase: (node: Node) => boolean): Promise<unknown> =>
    Promise.all(
      running
        .filter(isOfPhase)
        .map(({ name }) => stopRecorded(paths.record(name), GRACE_MS, signal)),
    );
  await stop((node) => isRole(node, 'orderer'));
  const peers = running.filter((node) => isRole(node, 'peer'));
  const heights = await levelHeights(peers, topology.channel, paths, signal);
  await stop((node) => isRole(node, 'peer') || isRole(node, 'contract'));
  await stop((node) => isRole(node, 'kubo'));
  await stop((node) => isRole(node, 'ca'));
  return heights;
}

async function levelHeights(
  peers: readonly Node<'peer'>[],
  channel: string,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<Record<string, number>> {
  let heights: Record<string, number> = {};
  const options = { limitMs: LEVEL_LIMIT_MS, signal };
  try {
    return await waitFor('the peers are at one height', options, async () => {
      const entries = await Promise.all(
        peers.map(
          async (peer) => [peer.name, await heightOf(peer, channel, paths, signal)] as const,
        ),
      );
      heights = Object.fromEntries(entries.filter((entry) => entry[1] !== null)) as typeof heights;
      return new Set(Object.values(heights)).size <= 1 ? heights : null;
    });
  } catch (error) {
    // A peer that lags is in order: it catches up after a restore, too.
    if (NetworkError.is(error, 'TIMEOUT')) return heights;
    throw error;
  }
}

async function copy(
  { topology, paths, state }: OpenNetwork,
  heights: Readonly<Record<string, number>>,
  write: (content: AsyncIterable<Uint8Array>) => Promise<unknown>,
  { onProgress = silent, signal }: SnapshotOptions,
): Promise<Omit<SnapshotReport, 'stoppedMs'>> {
  const content = await contentOf(paths.dir);
  const totalBytes = content.reduce((sum, { bytes }) => sum + bytes, 0);
  const network = topology.name;
  const takenAt = new Date().toISOString();
  const facts = { network, channel: topology.channel, host: state.host, takenAt, heights };
  let [files, bytes] = [0, 0];
  const pieces = archive(paths.dir, content, facts, (file) => {
    signal?.throwIfAborted();
    files += 1;
    bytes += file.bytes;
    onProgress({ kind: 'bytes', what: 'snapshot', doneBytes: bytes, totalBytes });
  });
  const hash = createHash('sha256');
  await write(tapped(pieces, (piece) => hash.update(piece)));
  const sha256 = hash.digest('hex');
  return { network, host: state.host, takenAt, heights, files, bytes, sha256 };
}
