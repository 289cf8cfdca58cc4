/**
 * The vital signs of a network's nodes at one moment, from their metrics pages and their processes.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { httpRequest } from '../http-request.js';
import { endpoint, LOOPBACK } from '../nodes/context.js';
import { heightIn, metricsOf } from '../nodes/health.js';
import type { MetricsPage } from '../nodes/metrics-page.js';
import { runningRecord } from '../nodes/run-node.js';
import { readingIn } from '../supervise/ordering-reading.js';
import { isRole, type Node, type NodeRole, nodesOf } from '../topology/topology.js';
import { openNetwork, type OpenNetwork } from '../up/open-network.js';
import { swarmPeers } from '../up/node-steps.js';

const LIMIT_MS = 2_000;
const KIB = 1024;

/** What one node says; `null` where it does not say it. */
export interface NodeVitals {
  node: string;
  role: NodeRole;
  /** `mute`: its process lives, but it does not answer. */
  state: 'running' | 'mute' | 'stopped';
  memoryBytes: number | null;
  /** Blocks in its ledger. */
  height: number | null;
  /** Transactions that it has committed since its start, valid or not. */
  transactions: number | null;
  /** Whether it leads the ordering. */
  leads: boolean | null;
  /** SmartBFT: the view it orders in. */
  view: number | null;
  /** Requests that wait for their block. */
  waiting: number | null;
  /** Proposals that it has endorsed since its start, and the seconds that it took for them. */
  proposals: number | null;
  proposalSeconds: number | null;
  /** Kubo: nodes of the swarm that it is connected to, and what it stores. */
  swarmPeers: number | null;
  storedBytes: number | null;
}

export interface NetworkVitals {
  /** Milliseconds since 1970. */
  at: number;
  nodes: NodeVitals[];
}

type Signs = Partial<Omit<NodeVitals, 'node' | 'role' | 'state' | 'memoryBytes'>>;

const UNKNOWN = {
  height: null,
  transactions: null,
  leads: null,
  view: null,
  waiting: null,
  proposals: null,
  proposalSeconds: null,
  swarmPeers: null,
  storedBytes: null,
} as const;

/** Resident memory of a process, as Linux tells it. */
async function memoryOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? null : Number(kib) * KIB;
}

const RepoStat = v.pipe(v.string(), v.parseJson(), v.object({ RepoSize: v.number() }));

async function kuboSigns(node: Node<'kubo'>, signal?: AbortSignal): Promise<Signs> {
  const url = `http://${endpoint(LOOPBACK, node.ports.api)}/api/v0/repo/stat?size-only=true`;
  const { body } = await httpRequest(url, { method: 'POST', limitMs: LIMIT_MS, signal });
  return {
    swarmPeers: await swarmPeers(node, signal),
    storedBytes: v.parse(RepoStat, body).RepoSize,
  };
}

function peerSigns(metrics: MetricsPage, channel: string): Signs {
  return {
    height: heightIn(metrics, channel),
    transactions: metrics.sum('ledger_transaction_count', { channel }),
    proposals: metrics.sum('endorser_proposal_duration_count', { channel }),
    proposalSeconds: metrics.sum('endorser_proposal_duration_sum', { channel }),
  };
}

function ordererSigns(metrics: MetricsPage, channel: string): Signs {
  const reading = readingIn(metrics, channel);
  if (reading === null) return {};
  const { height, leads, view, waiting } = reading;
  return { height, leads, view, waiting };
}

/** `null` where the node does not answer; a contract service has nothing to say. */
async function signsOf(
  node: Node,
  { topology, paths }: OpenNetwork,
  signal?: AbortSignal,
): Promise<Signs | null> {
  try {
    if (isRole(node, 'kubo')) return await kuboSigns(node, signal);
    if (!isRole(node, 'peer') && !isRole(node, 'orderer')) return {};
    const metrics = await metricsOf(node, paths, signal);
    if (metrics === null) return null;
    const read = isRole(node, 'peer') ? peerSigns : ordererSigns;
    return read(metrics, topology.channel);
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}

async function vitalsOf(
  node: Node,
  network: OpenNetwork,
  signal?: AbortSignal,
): Promise<NodeVitals> {
  const record = await runningRecord(node, network.paths);
  const common = { node: node.name, role: node.role };
  if (record === null) return { ...common, state: 'stopped', memoryBytes: null, ...UNKNOWN };
  const [signs, memoryBytes] = await Promise.all([
    signsOf(node, network, signal),
    memoryOf(record.pid),
  ]);
  const state = signs === null ? 'mute' : 'running';
  return { ...common, state, memoryBytes, ...UNKNOWN, ...signs };
}

/**
 * Asks every node of this host, all at once; 3 s where one does not answer.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID
 */
export async function networkVitals(dir: string, signal?: AbortSignal): Promise<NetworkVitals> {
  const network = await openNetwork(dir);
  const nodes = nodesOf(network.local).map((node) => vitalsOf(node, network, signal));
  return { nodes: await Promise.all(nodes), at: Date.now() };
}
