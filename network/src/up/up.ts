import { withLock } from '../files/lock.js';
import { networkPaths } from '../files/network-paths.js';
import type { ContractCommand } from '../nodes/context.js';
import { type OnProgress, silent } from '../progress.js';
import type { ToolOptions } from '../tools/origin.js';
import { resolveTools } from '../tools/resolve-tools.js';
import type { Topology } from '../topology/topology.js';
import { nodeContext } from './node-context.js';
import { runPlan } from './plan.js';
import { planOf } from './plan-of.js';
import { requirePorts } from './ports-free.js';
import { NetworkState } from './state.js';
import { requireUsableDir } from './usable-dir.js';

/** Steps at work at once: most of them wait for a process of the network, not for this one. */
const CONCURRENCY = 8;
const NO_WAIT = 0;

export interface UpOptions {
  /** The network's folder; see `defaultNetworkDir`. */
  dir: string;
  contract: ContractCommand;
  tools?: Omit<ToolOptions, 'onProgress' | 'signal'>;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * Brings the network up: gets the tools, starts and enrols what does not run yet, makes the channel,
 * deploys the contract, and returns when all of it serves. Safe to repeat: what is done is left as
 * it is, and what an interrupted run left half done is finished. Under a minute on two cores once
 * the tools are there; the nodes live on after this process.
 *
 * @throws {@link NetworkError} TOOL_UNAVAILABLE, PORTS_TAKEN, NETWORK_BUSY, TOPOLOGY_CHANGED,
 *   NETWORK_DIR_FOREIGN, NODE_EXITED, NODE_UNHEALTHY, CA_REFUSED, COMMAND_FAILED, TIMEOUT
 */
export async function up(topology: Topology, options: UpOptions): Promise<void> {
  const dir = requireUsableDir(options.dir);
  const { contract, onProgress = silent, signal } = options;
  const paths = networkPaths(dir);
  const abort = signal === undefined ? {} : { signal };
  await withLock(paths.lock, { waitMs: NO_WAIT, ...abort }, async () => {
    const state = await NetworkState.begin(paths, topology, contract);
    const tools = await resolveTools(topology.tools, { ...options.tools, onProgress, ...abort });
    await requirePorts(topology, paths);
    const record = {
      fingerprintOf: (step: string) => state.fingerprintOf(step),
      finish: (step: string, fingerprint: string) => state.finish(step, fingerprint),
    };
    const steps = planOf(nodeContext(topology, dir, contract, tools));
    await runPlan(steps, { record, onProgress, concurrency: CONCURRENCY, signal });
  });
}
