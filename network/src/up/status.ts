import { healthProblem, heightOf } from '../nodes/health.js';
import { runningRecord } from '../nodes/run-node.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { isRole, type Node, type NodeRole, nodesOf, type Topology } from '../topology/topology.js';
import { openNetwork } from './open-network.js';

/** `unhealthy`: its process lives, but it does not do its work; `problem` says why. */
export type NodeState = 'running' | 'unhealthy' | 'stopped';

/** One line of the status table. */
export interface NodeStatus {
  node: string;
  role: NodeRole;
  organization: string;
  host: string;
  address: string;
  /** The one that clients use: of the CA its API, of Kubo its RPC API, else gRPC. */
  port: number;
  state: NodeState;
  pid: number | null;
  /** ISO 8601. */
  startedAt: string | null;
  /** Blocks in its ledger of the channel; `null` where it keeps none or does not answer. */
  height: number | null;
  problem: string | null;
}

export interface NetworkStatus {
  name: string;
  channel: string;
  dir: string;
  /** Whether every node is running. */
  healthy: boolean;
  nodes: readonly NodeStatus[];
}

function mainPort(node: Node): number {
  if (isRole(node, 'ca') || isRole(node, 'kubo')) return node.ports.api;
  if (isRole(node, 'contract') || isRole(node, 'peer')) return node.ports.grpc;
  return isRole(node, 'orderer') ? node.ports.grpc : 0;
}

async function nodeStatus(
  node: Node,
  topology: Topology,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<NodeStatus> {
  const { name, role, organization, host, address } = node;
  const record = await runningRecord(node, paths);
  const common = { node: name, role, organization, host, address, port: mainPort(node) };
  if (record === null) {
    const gone = { pid: null, startedAt: null, height: null, problem: 'it does not run' };
    return { ...common, state: 'stopped', ...gone };
  }
  const keepsLedger = isRole(node, 'peer') || isRole(node, 'orderer');
  const [problem, height] = await Promise.all([
    healthProblem(node, paths, signal),
    keepsLedger ? heightOf(node, topology.channel, paths, signal) : null,
  ]);
  const state = problem === null ? 'running' : 'unhealthy';
  return { ...common, state, pid: record.pid, startedAt: record.startedAt, height, problem };
}

/**
 * Asks every node how it is, all at once; a few seconds where some do not answer.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID
 */
export async function status(dir: string, signal?: AbortSignal): Promise<NetworkStatus> {
  const { paths, topology } = await openNetwork(dir);
  const nodes = await Promise.all(
    nodesOf(topology).map((node) => nodeStatus(node, topology, paths, signal)),
  );
  return {
    name: topology.name,
    channel: topology.channel,
    dir: paths.dir,
    healthy: nodes.every(({ state }) => state === 'running'),
    nodes,
  };
}
