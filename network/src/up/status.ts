import { reachability } from '../hosts/reachability.js';
import { healthProblem, heightOf } from '../nodes/health.js';
import { runningRecord } from '../nodes/run-node.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { isRole, type Node, type NodeRole, nodesOf, type Topology } from '../topology/topology.js';
import { openNetwork } from './open-network.js';

/**
 * `unhealthy`: its process lives, but it does not do its work; `problem` says why. Of nodes on other
 * hosts only that they answer, or not, or that nobody but their own host may ask them (`elsewhere`).
 */
export type NodeState =
  'running' | 'unhealthy' | 'stopped' | 'reachable' | 'unreachable' | 'elsewhere';

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
  /** This host, where the network has several. */
  host: string | null;
  /** Whether every node of this host is running. */
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

async function remoteStatus(
  node: Node,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<NodeStatus> {
  const { name, role, organization, host, address } = node;
  const common = { node: name, role, organization, host, address, port: mainPort(node) };
  const unknown = { pid: null, startedAt: null, height: null };
  const { state, problem } = await reachability(node, paths, signal);
  return { ...common, ...unknown, state, problem };
}

/**
 * Asks every node how it is, all at once; a few seconds where some do not answer.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID
 */
export async function status(dir: string, signal?: AbortSignal): Promise<NetworkStatus> {
  const { paths, topology, local, state } = await openNetwork(dir);
  const own = nodesOf(local);
  const ownNames = new Set(own.map(({ name }) => name));
  const nodes = await Promise.all(
    nodesOf(topology).map((node) =>
      own.includes(node)
        ? nodeStatus(node, topology, paths, signal)
        : remoteStatus(node, paths, signal),
    ),
  );
  return {
    name: topology.name,
    channel: topology.channel,
    dir: paths.dir,
    host: state.host,
    healthy: nodes.every(({ node, state: found }) => found === 'running' || !ownNames.has(node)),
    nodes,
  };
}
