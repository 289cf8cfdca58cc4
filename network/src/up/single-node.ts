/**
 * One node of a network that is set up: its process and its log.
 *
 * @module
 */
import { ensureUp, GRACE_MS, logTail, stopRecorded } from '../nodes/run-node.js';
import type { StopOutcome } from '../process/stop-process.js';
import type { ToolOptions } from '../tools/origin.js';
import { resolveTools } from '../tools/resolve-tools.js';
import { nodeContext } from './node-context.js';
import { localNode, openNetwork } from './open-network.js';
import { renewBeforeStart } from './renew-before-start.js';

/**
 * Starts a node with the settings that the network was last brought up with, and waits until it is
 * healthy; a node that runs with them is left alone. Certificates that end soon are renewed first, if
 * the organization's CA runs.
 *
 * @throws {@link NetworkError} NODE_UNKNOWN, NODE_ELSEWHERE, NODE_EXITED, NODE_UNHEALTHY, TOOL_UNAVAILABLE
 */
export async function startNode(
  dir: string,
  name: string,
  options: { tools?: ToolOptions; signal?: AbortSignal } = {},
): Promise<void> {
  const network = await openNetwork(dir);
  const { paths, state, topology } = network;
  const node = localNode(network, name);
  const tools = await resolveTools(topology.tools, options.tools);
  const context = nodeContext(topology, paths.dir, state.contract, tools, state.host);
  await renewBeforeStart(node, context, options.signal);
  await ensureUp(node, context, options.signal);
}

/**
 * Ends a node's process, by SIGKILL after `graceMs` (at once for 0, as a crash would).
 *
 * @throws {@link NetworkError} NODE_UNKNOWN, NODE_ELSEWHERE, NODE_UNSTOPPABLE
 */
export async function stopNode(
  dir: string,
  name: string,
  options: { graceMs?: number } = {},
): Promise<StopOutcome> {
  const network = await openNetwork(dir);
  const node = localNode(network, name);
  return stopRecorded(network.paths.record(node.name), options.graceMs ?? GRACE_MS);
}

/** The log file of a node and its last lines, without terminal colours. */
export async function nodeLog(
  dir: string,
  name: string,
  lines: number,
): Promise<{ path: string; lines: string[] }> {
  const network = await openNetwork(dir);
  const path = network.paths.log(localNode(network, name).name);
  return { path, lines: await logTail(path, lines) };
}
