import { isRole, nodesOf } from '../topology/topology.js';
import { swarmPeers } from '../up/node-steps.js';
import { openNetwork } from '../up/open-network.js';
import { waitFor } from '../wait.js';

const LIMIT_MS = 90_000;

/**
 * Waits until every Kubo node is connected to all others: one that was started again is redialled
 * some seconds later, and has nobody's content until then.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND; TIMEOUT after 90 s
 */
export async function waitSwarm(dir: string, signal?: AbortSignal): Promise<void> {
  const { topology } = await openNetwork(dir);
  const members = nodesOf(topology).filter((node) => isRole(node, 'kubo'));
  const others = members.length - 1;
  await waitFor('the Kubo nodes are connected', { limitMs: LIMIT_MS, signal }, async () => {
    const counts = await Promise.all(members.map((node) => swarmPeers(node, signal)));
    if (counts.every((count) => count >= others)) return true;
    throw new Error(members.map(({ name }, i) => `${name} ${String(counts[i] ?? 0)}`).join(', '));
  });
}
