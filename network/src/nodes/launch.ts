import type { ProcessLaunch } from '../process/start-process.js';
import { isRole, type Node } from '../topology/topology.js';
import { caLaunch } from './ca-launch.js';
import type { NodeContext } from './context.js';
import { contractLaunch } from './contract-launch.js';
import { kuboLaunch } from './kubo-launch.js';
import { ordererLaunch } from './orderer-launch.js';
import { peerLaunch } from './peer-launch.js';

/** What to run for a node. Reads certificates that the launch carries; starts nothing. */
export async function launchOf(node: Node, context: NodeContext): Promise<ProcessLaunch> {
  if (isRole(node, 'ca')) return caLaunch(node, context);
  if (isRole(node, 'orderer')) return ordererLaunch(node, context);
  if (isRole(node, 'peer')) return peerLaunch(node, context);
  if (isRole(node, 'contract')) return contractLaunch(node, context);
  if (isRole(node, 'kubo')) return kuboLaunch(node, context);
  throw new Error(`no launch for role ${node.role}`);
}
