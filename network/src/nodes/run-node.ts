/**
 * One node's process: started, healthy, stopped.
 *
 * @module
 */
import { open } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { NetworkError } from '../errors.js';
import { makePrivateDir } from '../files/atomic.js';
import { withLock } from '../files/lock.js';
import type { NetworkPaths } from '../files/network-paths.js';
import {
  livenessOf,
  type ProcessRecord,
  readProcessRecord,
  removeProcessRecord,
} from '../process/process-record.js';
import { launchFingerprint, type ProcessLaunch, startProcess } from '../process/start-process.js';
import { type StopOutcome, stopProcess } from '../process/stop-process.js';
import { isRole, type Node, nodesOf } from '../topology/topology.js';
import { waitFor } from '../wait.js';
import type { NodeContext } from './context.js';
import { healthProblem, heightOf } from './health.js';
import { launchOf } from './launch.js';
import { forgetStaleBuilds } from './stale-builds.js';

/** How long a node may take until it is healthy. */
const START_LIMIT_MS = 90_000;
/** How long it may take to end by itself. */
export const GRACE_MS = 10_000;
/** Longer than a node may take to start and to stop together. */
const OTHER_COMMAND_LIMIT_MS = 150_000;
const TAIL_BYTES = 64 * 1024;
const LAST_LINE_CHARACTERS = 400;

/** The last lines of a log, without colours; fewer where it is short, none where there is no log. */
export async function logTail(path: string, lines: number): Promise<string[]> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return [];
  try {
    const { size } = await file.stat();
    const bytes = Math.min(size, Math.max(TAIL_BYTES, lines * 256));
    const { buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, size - bytes);
    const text = stripVTControlCharacters(buffer.toString('utf8'));
    return text
      .split('\n')
      .filter((line) => line !== '')
      .slice(-lines);
  } finally {
    await file.close();
  }
}

/** The record of a node's process while that process lives, otherwise `null`. */
export async function runningRecord(
  node: Node,
  paths: NetworkPaths,
): Promise<ProcessRecord | null> {
  const record = await readProcessRecord(paths.record(node.name));
  return record !== null && (await livenessOf(record)) === 'running' ? record : null;
}

async function requireAlive(node: Node, record: ProcessRecord): Promise<void> {
  if ((await livenessOf(record)) === 'running') return;
  const [lastLine = ''] = await logTail(record.log, 1);
  const details = {
    node: node.name,
    log: record.log,
    lastLine: lastLine.slice(0, LAST_LINE_CHARACTERS),
  };
  throw new NetworkError('NODE_EXITED', details);
}

async function waitHealthy(
  node: Node,
  record: ProcessRecord,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await waitFor(`${node.name} healthy`, { limitMs: START_LIMIT_MS, signal }, async () => {
      await requireAlive(node, record);
      const problem = await healthProblem(node, paths, signal);
      if (problem !== null) throw new Error(problem);
      return true;
    });
  } catch (error) {
    if (!NetworkError.is(error, 'TIMEOUT')) throw error;
    const { waitedMs, problem } = error.details;
    const details = { node: node.name, waitedMs, problem, log: record.log };
    throw new NetworkError('NODE_UNHEALTHY', details, { cause: error });
  }
}

/** Whether the node runs with the settings wanted now and is healthy. */
export async function isUp(node: Node, context: NodeContext): Promise<boolean> {
  const record = await runningRecord(node, context.paths);
  if (record?.launch !== launchFingerprint(await launchOf(node, context))) return false;
  return (await healthProblem(node, context.paths)) === null;
}

async function recordOfRunning(
  node: Node,
  launch: ProcessLaunch,
  context: NodeContext,
): Promise<ProcessRecord> {
  const record = await readProcessRecord(launch.record);
  if (record !== null && (await livenessOf(record)) === 'running') {
    if (record.launch === launchFingerprint(launch)) return record;
    await stopProcess(record, GRACE_MS);
  }
  await makePrivateDir(launch.cwd);
  if (isRole(node, 'peer')) await forgetStaleBuilds(node, context);
  return startProcess(launch);
}

/**
 * Starts the node where it does not run, anew where it runs with other settings, and waits until it
 * is healthy.
 *
 * @throws {@link NetworkError} NODE_EXITED, NODE_UNHEALTHY
 */
export async function ensureUp(
  node: Node,
  context: NodeContext,
  signal?: AbortSignal,
): Promise<void> {
  const running = await runningRecord(node, context.paths);
  const wanted = launchFingerprint(await launchOf(node, context));
  const isRestart = running !== null && running.launch !== wanted;
  if (isRestart && (isRole(node, 'orderer') || isRole(node, 'peer'))) {
    await restartInTurn(node, context, signal);
  } else {
    await startNow(node, context, signal);
  }
}

async function startNow(node: Node, context: NodeContext, signal?: AbortSignal): Promise<void> {
  const { paths } = context;
  await withNodeLock(paths.record(node.name), signal, async () => {
    const record = await recordOfRunning(node, await launchOf(node, context), context);
    await waitHealthy(node, record, paths, signal);
  });
}

/** Nodes that stand in for each other are never away at the same time. */
async function restartInTurn(
  node: Node<'orderer'> | Node<'peer'>,
  context: NodeContext,
  signal?: AbortSignal,
): Promise<void> {
  const group = isRole(node, 'orderer') ? 'orderers' : `peers.${node.organization}`;
  await withNodeLock(context.paths.record(`${group}.restart`), signal, async () => {
    await startNow(node, context, signal);
    await awaitLevel(node, context, signal);
  });
}

/** Waits until the node has the blocks that the others of its kind here have. */
async function awaitLevel(
  node: Node<'orderer'> | Node<'peer'>,
  { local, topology, paths }: NodeContext,
  signal?: AbortSignal,
): Promise<void> {
  const height = (one: Node): Promise<number | null> =>
    isRole(one, 'orderer') || isRole(one, 'peer')
      ? heightOf(one, topology.channel, paths, signal)
      : Promise.resolve(null);
  const others = nodesOf(local).filter(
    ({ role, name }) => role === node.role && name !== node.name,
  );
  const highest = Math.max(0, ...(await Promise.all(others.map(height))).map((h) => h ?? 0));
  const limit = { limitMs: START_LIMIT_MS, signal };
  await waitFor(`${node.name} has ${String(highest)} blocks`, limit, async () =>
    ((await height(node)) ?? 0) >= highest ? true : null,
  );
}

/**
 * Ends the node's process, however it is, and starts it anew, unless another command has stopped or
 * replaced it since; then nothing is done.
 *
 * @param pid - of the process that is to be replaced
 * @returns whether it was replaced
 * @throws {@link NetworkError} NODE_EXITED, NODE_UNHEALTHY, NODE_UNSTOPPABLE
 */
export async function replaceProcess(
  node: Node,
  pid: number,
  context: NodeContext,
  signal?: AbortSignal,
): Promise<boolean> {
  const { paths } = context;
  return withNodeLock(paths.record(node.name), signal, async () => {
    const record = await readProcessRecord(paths.record(node.name));
    if (record?.pid !== pid) return false;
    await stopProcess(record, 0);
    const launch = await launchOf(node, context);
    await makePrivateDir(launch.cwd);
    await waitHealthy(node, await startProcess(launch), paths, signal);
    return true;
  });
}

/** Two commands never start or stop the same node at once. */
async function withNodeLock<T>(
  recordPath: string,
  signal: AbortSignal | undefined,
  action: () => Promise<T>,
): Promise<T> {
  const abort = signal === undefined ? {} : { signal };
  return withLock(`${recordPath}.lock`, { waitMs: OTHER_COMMAND_LIMIT_MS, ...abort }, action);
}

/** Ends the process of a pid file, if it is provably ours, and forgets it. */
export async function stopRecorded(
  recordPath: string,
  graceMs: number,
  signal?: AbortSignal,
): Promise<StopOutcome> {
  return withNodeLock(recordPath, signal, async () => {
    const record = await readProcessRecord(recordPath);
    if (record === null) return 'gone';
    const outcome = await stopProcess(record, graceMs);
    await removeProcessRecord(recordPath);
    return outcome;
  });
}
