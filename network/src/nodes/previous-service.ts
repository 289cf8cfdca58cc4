/**
 * Two contract services of one hospital, while its contract is upgraded: the new one takes over the
 * node's pid file, the old one has one of its own until no peer needs it any more.
 *
 * @module
 */
import { rename } from 'node:fs/promises';
import type { NetworkPaths } from '../files/network-paths.js';
import { readProcessRecord } from '../process/process-record.js';
import { launchFingerprint } from '../process/start-process.js';
import type { Node } from '../topology/topology.js';
import type { NodeContext } from './context.js';
import { launchOf } from './launch.js';
import { ensureUp, GRACE_MS, runningRecord, stopRecorded } from './run-node.js';

function previousRecord(node: Node<'contract'>, paths: NetworkPaths): string {
  return paths.record(`${node.name}.previous`);
}

/** Whether a service of the contract before is kept. */
export async function hasPrevious(node: Node<'contract'>, paths: NetworkPaths): Promise<boolean> {
  return (await readProcessRecord(previousRecord(node, paths))) !== null;
}

/**
 * Starts the service of the context's contract, and leaves the one that runs running beside it. Safe
 * to repeat after an interruption.
 *
 * @throws {@link NetworkError} NODE_EXITED, NODE_UNHEALTHY
 */
export async function startBeside(
  node: Node<'contract'>,
  context: NodeContext,
  signal?: AbortSignal,
): Promise<void> {
  const { paths } = context;
  const running = await runningRecord(node, paths);
  const wanted = launchFingerprint(await launchOf(node, context));
  const isOld = running !== null && running.launch !== wanted;
  if (isOld && !(await hasPrevious(node, paths))) {
    await rename(paths.record(node.name), previousRecord(node, paths));
  }
  await ensureUp(node, context, signal);
}

/** Ends the service of the contract before, once it has answered what it was asked. */
export async function retirePrevious(
  node: Node<'contract'>,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<void> {
  await stopRecorded(previousRecord(node, paths), GRACE_MS, signal);
}
