import { makeContractPackage } from '../channel/contract-package.js';
import { networkPaths } from '../files/network-paths.js';
import type { ContractCommand, NodeContext } from '../nodes/context.js';
import type { Toolset } from '../tools/toolset.js';
import type { Topology } from '../topology/topology.js';
import { packageLabel } from './channel-steps.js';

/** Everything that the nodes and the steps of a network depend on. */
export function nodeContext(
  topology: Topology,
  dir: string,
  contract: ContractCommand,
  tools: Toolset,
): NodeContext {
  const packageId = makeContractPackage(packageLabel(topology)).id;
  return { topology, paths: networkPaths(dir), tools, contract, packageId };
}
