/**
 * Nodes and how they are, for people.
 *
 * @module
 */
import type { NetworkStatus, NodeStatus } from '@emr-share/network';
import { table } from '../output/table.js';

const TITLES = ['node', 'role', 'organization', 'port', 'pid', 'height', 'state'];
const NONE = '-';

function row(node: NodeStatus): string[] {
  const { state, problem } = node;
  return [
    node.node,
    node.role,
    node.organization,
    String(node.port),
    node.pid === null ? NONE : String(node.pid),
    node.height === null ? NONE : String(node.height),
    state === 'unhealthy' && problem !== null ? `${state}: ${problem}` : state,
  ];
}

/** A line for each node; with the hosts where there are several. */
export function statusTable({ name, channel, dir, host, nodes }: NetworkStatus): string {
  const hosts = new Set(nodes.map(({ host }) => host));
  const rows = nodes.map(row);
  const titled =
    hosts.size === 1
      ? table(TITLES, rows, 'no nodes')
      : table(
          ['host', ...TITLES],
          rows.map((cells, i) => [nodes[i]?.host ?? NONE, ...cells]),
          'no nodes',
        );
  const own = nodes.filter((node) => host === null || node.host === host);
  const running = own.filter(({ state }) => state === 'running').length;
  const where = host === null ? '' : ` of host ${host}`;
  const count = `${String(running)} of ${String(own.length)} nodes${where} running`;
  const summary = `${name}, channel ${channel}: ${count}`;
  return `${titled}\n\n${summary} (${dir})`;
}

/** Whether the supervisor runs, and what it has had to do since the network was made. */
export function supervisorLine(supervisor: {
  readonly pid: number | null;
  readonly restarts: number;
}): string {
  const { pid, restarts } = supervisor;
  if (pid === null) return 'No supervisor runs: emr network up starts it.';
  const times = restarts === 1 ? 'once' : `${String(restarts)} times`;
  const done = restarts === 0 ? 'had nothing to restart' : `restarted nodes ${times}`;
  return `The supervisor (pid ${String(pid)}) has ${done}.`;
}
