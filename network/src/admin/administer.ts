import { NetworkError } from '../errors.js';
import { withLock } from '../files/lock.js';
import type { ContractCommand, NodeContext } from '../nodes/context.js';
import { type OnProgress, silent } from '../progress.js';
import type { ToolOptions } from '../tools/origin.js';
import { resolveTools } from '../tools/resolve-tools.js';
import type { Topology } from '../topology/topology.js';
import { nodeContext } from '../up/node-context.js';
import { openNetwork } from '../up/open-network.js';
import { requirePorts } from '../up/ports-free.js';
import { runAll } from '../up/run-all.js';
import type { NetworkState } from '../up/state.js';

export interface AdminOptions {
  tools?: Omit<ToolOptions, 'onProgress' | 'signal'>;
  onProgress?: OnProgress;
  signal?: AbortSignal | undefined;
}

/** The network in a folder, with nobody else at work on it. */
export interface Workplace {
  topology: Topology;
  state: NetworkState;
  contextOf: (topology: Topology, contract?: ContractCommand) => NodeContext;
  /** Brings the network to that topology, from wherever an interruption left it. */
  bringTo: (context: NodeContext) => Promise<void>;
}

/**
 * Opens the network for a change of all of it, and keeps other commands out meanwhile.
 *
 * @param action - what is to be done, for messages: `add an organization`
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, NETWORK_BUSY; ADMIN_REFUSED for one host's part of a
 *   network; TOOL_UNAVAILABLE
 */
export async function administer<T>(
  dir: string,
  action: string,
  options: AdminOptions,
  work: (workplace: Workplace) => Promise<T>,
): Promise<T> {
  const { onProgress = silent, signal } = options;
  const abort = signal === undefined ? {} : { signal };
  const { paths } = await openNetwork(dir);
  return withLock(paths.lock, { waitMs: 0, ...abort }, async () => {
    const { state, topology } = await openNetwork(dir);
    if (state.host !== null) {
      const problem = "it takes the keys of admins on other hosts; this folder has one host's part";
      throw new NetworkError('ADMIN_REFUSED', { action, problem });
    }
    const tools = await resolveTools(topology.tools, { ...options.tools, onProgress, ...abort });
    return work({
      topology,
      state,
      contextOf: (wanted, contract = state.contract) =>
        nodeContext(wanted, paths.dir, contract, tools),
      bringTo: async (context) => {
        await requirePorts(context.topology, paths);
        await runAll(context, state, { onProgress, signal });
      },
    });
  });
}
