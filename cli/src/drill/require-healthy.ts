import { setTimeout as delay } from 'node:timers/promises';
import { type NodeStatus, status } from '@emr-share/network';
import { CliError } from '../errors/cli-error.js';

/** Heights of an idle network differ for a moment only; a busy machine answers late. */
const HEALTH_LIMIT_MS = 60_000;
const POLL_MS = 250;

function problemIn(nodes: readonly NodeStatus[]): string | null {
  const ailing = nodes.find(({ state }) => state !== 'running');
  if (ailing !== undefined) return `${ailing.node}: ${ailing.problem ?? ailing.state}`;
  const uneven = (['orderer', 'peer'] as const).filter((role) => {
    const heights = nodes.filter((node) => node.role === role).map(({ height }) => height);
    return new Set(heights).size !== 1 || heights.includes(null);
  });
  return uneven.length === 0 ? null : `the ${uneven.join('s and the ')}s have different heights`;
}

/**
 * Nothing is broken that does not work as it is.
 *
 * @throws CliError `DRILL_IMPOSSIBLE` with the first problem, where it does not pass in a minute
 */
export async function requireHealthy(
  dir: string,
  signal: AbortSignal,
): Promise<readonly NodeStatus[]> {
  const deadline = performance.now() + HEALTH_LIMIT_MS;
  for (;;) {
    const { nodes } = await status(dir, signal);
    const problem = problemIn(nodes);
    if (problem === null) return nodes;
    if (performance.now() > deadline) {
      const message = `the network is not healthy (${problem}); mend it before a drill`;
      throw new CliError('DRILL_IMPOSSIBLE', message, { details: { problem } });
    }
    await delay(POLL_MS, undefined, { signal });
  }
}
