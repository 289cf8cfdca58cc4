import { operationsPage } from '../nodes/health.js';
import { orderers } from '../topology/topology.js';
import { openNetwork } from '../up/open-network.js';
import { waitFor } from '../wait.js';

const LIMIT_MS = 15_000;

/** The value of a gauge of that channel in a metrics page; `null` where it has none. */
function gauge(metrics: string, name: string, channel: string): number | null {
  const start = `${name}{channel="${channel}"} `;
  const line = metrics.split('\n').find((text) => text.startsWith(start));
  return line === undefined ? null : Number(line.slice(start.length));
}

/** The place of the leader among the orderers, from 1 on, by the word of one of them; 0: none. */
function leaderAccording(metrics: string, channel: string, place: number): number {
  const bft = gauge(metrics, 'consensus_BFT_leader_id', channel);
  if (bft !== null) return bft;
  return gauge(metrics, 'consensus_etcdraft_is_leader', channel) === 1 ? place : 0;
}

/**
 * The orderer that leads: with BFT the one that more than half of those that answer name, with Raft
 * the one that says it of itself. Waits up to 15 s while a leader is being found.
 *
 * @returns its node's name
 * @throws {@link NetworkError} NETWORK_NOT_FOUND; TIMEOUT where they agree on none
 */
export async function orderingLeader(dir: string, signal?: AbortSignal): Promise<string> {
  const { topology, paths } = await openNetwork(dir);
  const group = orderers(topology);
  return waitFor('the orderers have a leader', { limitMs: LIMIT_MS, signal }, async () => {
    const answers = await Promise.allSettled(
      group.map((orderer) => operationsPage(orderer, 'metrics', paths, signal)),
    );
    const named = answers
      .map((answer, i) =>
        answer.status === 'fulfilled'
          ? leaderAccording(answer.value.body, topology.channel, i + 1)
          : 0,
      )
      .filter((place) => place > 0);
    const votesNeeded = topology.ordering.type === 'raft' ? 1 : Math.floor(named.length / 2) + 1;
    const leader = group.find(
      (_, i) => named.filter((place) => place === i + 1).length >= votesNeeded,
    );
    return leader?.name ?? null;
  });
}
