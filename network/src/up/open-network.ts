import { NetworkError } from '../errors.js';
import { type NetworkPaths, networkPaths } from '../files/network-paths.js';
import { type Node, nodesOf, type Topology } from '../topology/topology.js';
import { NetworkState } from './state.js';
import { requireUsableDir } from './usable-dir.js';

/** A network that was set up before: its folder says what it is. */
export interface OpenNetwork {
  paths: NetworkPaths;
  state: NetworkState;
  topology: Topology;
}

/** @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID */
export async function openNetwork(dir: string): Promise<OpenNetwork> {
  const paths = networkPaths(requireUsableDir(dir));
  const state = await NetworkState.open(paths);
  return { paths, state, topology: state.topology };
}

/** @throws {@link NetworkError} NODE_UNKNOWN with the names that there are */
export function nodeNamed(topology: Topology, name: string): Node {
  const nodes = nodesOf(topology);
  const found = nodes.find((node) => node.name === name);
  if (found !== undefined) return found;
  const known = nodes.map((node) => node.name).join(', ');
  throw new NetworkError('NODE_UNKNOWN', { node: name, known });
}
