/**
 * Supervision of a real network, for as long as it is wanted.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { problemOf } from '../errors.js';
import { withLock } from '../files/lock.js';
import type { NodeContext } from '../nodes/context.js';
import { replaceProcess, runningRecord } from '../nodes/run-node.js';
import { livenessOf, readProcessRecord } from '../process/process-record.js';
import type { ToolOptions } from '../tools/origin.js';
import { resolveTools } from '../tools/resolve-tools.js';
import { nodesOf, orderers } from '../topology/topology.js';
import { nodeContext } from '../up/node-context.js';
import { nodeNamed, openNetwork, type OpenNetwork } from '../up/open-network.js';
import { goroutinesOf, isDeadlocked, keepReport } from './goroutines.js';
import { sampleOrdering } from './ordering.js';
import { type Patience, quorumOf } from './ordering-judge.js';
import { type DeadProcess, type SupervisedNetwork, Supervisor } from './supervisor.js';
import type { SupervisorEvent } from './supervisor-event.js';

const ROUND_MS = 1_000;

export interface SuperviseOptions {
  tools?: ToolOptions;
  patience?: Partial<Patience>;
  /** Called synchronously; must not throw. */
  onEvent?: (event: SupervisorEvent) => void;
  /** Ends the supervision; a restart under way is finished first. */
  signal: AbortSignal;
}

async function deadProcesses({ local, paths }: OpenNetwork): Promise<DeadProcess[]> {
  const dead: DeadProcess[] = [];
  for (const node of nodesOf(local)) {
    const record = await readProcessRecord(paths.record(node.name));
    if (record === null || (await livenessOf(record)) === 'running') continue;
    dead.push({ node: node.name, pid: record.pid });
  }
  return dead;
}

function supervised(network: OpenNetwork, context: NodeContext): SupervisedNetwork {
  const { topology, paths } = network;
  return {
    sampleOrdering: () => sampleOrdering(network),
    deadProcesses: () => deadProcesses(network),
    inspect: async (name) => {
      const record = await runningRecord(nodeNamed(topology, name), paths);
      const report = record === null ? null : await goroutinesOf(record);
      if (report === null) return { deadlocked: null, report: null };
      if (!isDeadlocked(report)) return { deadlocked: false, report: null };
      return { deadlocked: true, report: await keepReport(paths, name, report, new Date()) };
    },
    restart: (name, pid) => replaceProcess(nodeNamed(topology, name), pid, context),
  };
}

/**
 * Looks after a network until `signal` aborts, or its folder is gone. Restarts an orderer whose ledger stands still behind
 * the others', that no longer answers, or that is found deadlocked while requests wait; and any node
 * whose process ended by itself. Nodes that were stopped by a command stay stopped. One node at a
 * time, each after a growing pause. What a deadlocked orderer was doing is kept in `logs/stalls/`.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID, TOOL_UNAVAILABLE; NETWORK_BUSY where
 *   another supervisor looks after this network
 */
export async function supervise(dir: string, options: SuperviseOptions): Promise<void> {
  const { signal, onEvent = () => undefined, patience = {} } = options;
  const network = await openNetwork(dir);
  const { topology, paths, state } = network;
  await withLock(join(paths.dir, 'run', 'supervisor.lock'), { waitMs: 0, signal }, async () => {
    const tools = await resolveTools(topology.tools, { ...options.tools, signal });
    const context = nodeContext(topology, paths.dir, state.contract, tools);
    const quorum = quorumOf(orderers(topology).length, topology.ordering.type);
    const now = (): number => performance.now();
    const settings = { quorum, patience, now, onEvent };
    const supervisor = new Supervisor(supervised(network, context), settings);
    onEvent({ kind: 'watching', nodes: nodesOf(network.local).length });
    // A folder that was removed from under a supervisor has no network left to look after.
    while (!signal.aborted && existsSync(paths.state)) {
      const started = now();
      await supervisor.round().catch((error: unknown) => {
        onEvent({ kind: 'failed', node: topology.name, problem: problemOf(error) });
      });
      const restMs = Math.max(0, ROUND_MS - (now() - started));
      await delay(restMs, undefined, { signal }).catch(() => undefined);
    }
    onEvent({ kind: 'ended' });
  });
}
