/**
 * Nodes stopped as a crash would, and started together.
 *
 * @module
 */
import type { ContractCommand } from '../nodes/context.js';
import { ensureUp, stopRecorded } from '../nodes/run-node.js';
import type { ToolOptions } from '../tools/origin.js';
import { resolveTools } from '../tools/resolve-tools.js';
import { nodeContext } from '../up/node-context.js';
import { nodeNamed, openNetwork } from '../up/open-network.js';

export interface StartNodesOptions {
  /** Run by contract services instead of what the network was brought up with. */
  contract?: ContractCommand;
  tools?: ToolOptions;
  signal?: AbortSignal;
}

/**
 * Starts nodes, all at once, and waits until each is healthy. Those that run with the settings
 * wanted are left alone; a contract service that runs another command is started anew.
 *
 * @throws {@link NetworkError} NODE_UNKNOWN, NODE_EXITED, NODE_UNHEALTHY: the first one's, after all
 *   were tried
 */
export async function startNodes(
  dir: string,
  names: readonly string[],
  options: StartNodesOptions = {},
): Promise<void> {
  const { paths, state, topology } = await openNetwork(dir);
  const nodes = names.map((name) => nodeNamed(topology, name));
  const tools = await resolveTools(topology.tools, options.tools);
  const context = nodeContext(topology, paths.dir, options.contract ?? state.contract, tools);
  const outcomes = await Promise.allSettled(
    nodes.map((node) => ensureUp(node, context, options.signal)),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/**
 * Kills nodes at the same moment (SIGKILL).
 *
 * @throws {@link NetworkError} NODE_UNKNOWN, NODE_UNSTOPPABLE
 */
export async function killNodes(dir: string, names: readonly string[]): Promise<void> {
  const { paths, topology } = await openNetwork(dir);
  const nodes = names.map((name) => nodeNamed(topology, name));
  await Promise.all(nodes.map(({ name }) => stopRecorded(paths.record(name), 0)));
}

/** What the contract services of a network run. */
export async function contractCommandOf(dir: string): Promise<ContractCommand> {
  const { state } = await openNetwork(dir);
  return state.contract;
}
