import { NetworkError } from '../errors.js';
import { type NetworkPaths, networkPaths } from '../files/network-paths.js';
import {
  type Node,
  nodesOf,
  nodesOfOrganization,
  type Organization,
  partOn,
  type Topology,
} from '../topology/topology.js';
import { NetworkState } from './state.js';
import { requireUsableDir } from './usable-dir.js';

/** A network that was set up before: its folder says what it is. */
export interface OpenNetwork {
  paths: NetworkPaths;
  state: NetworkState;
  topology: Topology;
  /** What of the topology is on this host. */
  local: Topology;
}

/** @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID */
export async function openNetwork(dir: string): Promise<OpenNetwork> {
  const paths = networkPaths(requireUsableDir(dir));
  const state = await NetworkState.open(paths);
  const { topology, host } = state;
  return { paths, state, topology, local: partOn(topology, host) };
}

/** @throws {@link NetworkError} NODE_UNKNOWN with the names that there are */
export function nodeNamed(topology: Topology, name: string): Node {
  const nodes = nodesOf(topology);
  const found = nodes.find((node) => node.name === name);
  if (found !== undefined) return found;
  const known = nodes.map((node) => node.name).join(', ');
  throw new NetworkError('NODE_UNKNOWN', { node: name, known });
}

/** {@link nodeNamed}, of this host. @throws {@link NetworkError} NODE_UNKNOWN, NODE_ELSEWHERE */
export function localNode({ topology, local }: OpenNetwork, name: string): Node {
  const node = nodeNamed(topology, name);
  if (nodesOf(local).includes(node)) return node;
  throw new NetworkError('NODE_ELSEWHERE', { node: name, host: node.host });
}

/** The organizations whose nodes and keys are in that folder. @throws as {@link openNetwork} */
export async function organizationsHere(dir: string): Promise<readonly Organization[]> {
  return (await openNetwork(dir)).local.organizations;
}

/** Which host of a network on several hosts this is. @throws as {@link openNetwork} */
export async function networkHost(dir: string): Promise<string | null> {
  return (await openNetwork(dir)).state.host;
}

/** What the network in a folder was last brought up from. @throws as {@link openNetwork} */
export async function networkTopology(dir: string): Promise<Topology> {
  return (await openNetwork(dir)).topology;
}

/**
 * Names of the nodes that a name stands for: a node, or all of an organization.
 *
 * @throws {@link NetworkError} NODE_UNKNOWN, NETWORK_NOT_FOUND
 */
export async function nodesToAct(dir: string, name: string): Promise<string[]> {
  const { topology } = await openNetwork(dir);
  const organization = topology.organizations.find((one) => one.name === name);
  const nodes =
    organization === undefined ? [nodeNamed(topology, name)] : nodesOfOrganization(organization);
  return nodes.map((node) => node.name);
}
