import { networkPaths } from '../files/network-paths.js';
import { type ContractCommand, type NodeContext, OTHERS_LIMIT_MS } from '../nodes/context.js';
import type { Toolset } from '../tools/toolset.js';
import { partOn, type Topology } from '../topology/topology.js';
import { contractPackage } from './channel-steps.js';

/**
 * Everything that the nodes and the steps of a network depend on.
 *
 * @param host - whose part of it; `null`: all
 */
export function nodeContext(
  topology: Topology,
  dir: string,
  contract: ContractCommand,
  tools: Toolset,
  host: string | null = null,
): NodeContext {
  const packageId = contractPackage(topology).id;
  const local = partOn(topology, host);
  return {
    topology,
    local,
    paths: networkPaths(dir),
    tools,
    contract,
    packageId,
    othersLimitMs: OTHERS_LIMIT_MS,
  };
}
