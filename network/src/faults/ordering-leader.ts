import { metricsOf } from '../nodes/health.js';
import type { MetricsPage } from '../nodes/metrics-page.js';
import { orderers } from '../topology/topology.js';
import { openNetwork } from '../up/open-network.js';
import { waitFor } from '../wait.js';

const LIMIT_MS = 15_000;

/** The place of the leader among the orderers, from 1 on, by the word of one of them; 0: none. */
function leaderAccording(metrics: MetricsPage, channel: string, place: number): number {
  const bft = metrics.sum('consensus_BFT_leader_id', { channel });
  if (bft !== null) return bft;
  return metrics.sum('consensus_etcdraft_is_leader', { channel }) === 1 ? place : 0;
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
    const pages = await Promise.all(group.map((orderer) => metricsOf(orderer, paths, signal)));
    const named = pages
      .map((page, i) => (page === null ? 0 : leaderAccording(page, topology.channel, i + 1)))
      .filter((place) => place > 0);
    const votesNeeded = topology.ordering.type === 'raft' ? 1 : Math.floor(named.length / 2) + 1;
    const leader = group.find(
      (_, i) => named.filter((place) => place === i + 1).length >= votesNeeded,
    );
    return leader?.name ?? null;
  });
}
