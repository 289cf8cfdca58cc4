import { resolve } from 'node:path';
import { makeContractPackage } from '../channel/contract-package.js';
import { NetworkError } from '../errors.js';
import { withLock } from '../files/lock.js';
import { networkPaths } from '../files/network-paths.js';
import type { ContractCommand, NodeContext } from '../nodes/context.js';
import { type OnProgress, silent } from '../progress.js';
import type { ToolOptions } from '../tools/origin.js';
import { resolveTools } from '../tools/resolve-tools.js';
import type { Topology } from '../topology/topology.js';
import { channelSteps, packageLabel } from './channel-steps.js';
import { identitySteps } from './identity-steps.js';
import { nodeSteps } from './node-steps.js';
import { runPlan } from './plan.js';
import { requirePorts } from './ports-free.js';
import { NetworkState } from './state.js';

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

/** Peers split some lists at blanks and commas, and read brackets as lists. */
export function requireUsableDir(dir: string): string {
  const path = resolve(dir);
  if (/^[^\s,[\]]+$/.test(path)) return path;
  const problem = 'a network cannot live in a path with blanks, commas or brackets';
  throw new NetworkError('STATE_INVALID', { path, problem });
}

/** Everything that the steps of a network depend on. */
export async function nodeContext(
  topology: Topology,
  dir: string,
  contract: ContractCommand,
  tools: ToolOptions,
): Promise<NodeContext> {
  return {
    topology,
    paths: networkPaths(dir),
    tools: await resolveTools(topology.tools, tools),
    contract,
    packageId: makeContractPackage(packageLabel(topology)).id,
  };
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
    const tools = { ...options.tools, onProgress, ...abort };
    const context = await nodeContext(topology, dir, contract, tools);
    await requirePorts(topology, paths);
    const steps = [...identitySteps(context), ...nodeSteps(context), ...channelSteps(context)];
    const record = {
      fingerprintOf: (step: string) => state.fingerprintOf(step),
      finish: (step: string, fingerprint: string) => state.finish(step, fingerprint),
    };
    await runPlan(steps, { record, onProgress, concurrency: CONCURRENCY, signal });
  });
}
