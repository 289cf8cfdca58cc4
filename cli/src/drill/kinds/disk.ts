import {
  killNodes,
  putOnSmallDisk,
  type SmallDisk,
  startNodes,
  status,
  stopNode,
} from '@emr-share/network';
import { CliError } from '../../errors/cli-error.js';
import type { Drill } from '../drill.js';
import type { Site } from '../site.js';

/** Room beside the data that the peer has: for some seconds of load. */
const SPARE_BYTES = 48 * 1024 * 1024;
/** How far a peer may be behind before it counts as stuck. */
const BEHIND_BLOCKS = 5;
const FELT_LIMIT_MS = 60_000;
const RECOVER_LIMIT_MS = 15_000;
const POLL_MS = 500;

/** How a peer takes it that there is no room left. */
type Effect = 'it ended' | 'it stood still';

async function moveToSmallDisk(site: Site, peer: string): Promise<SmallDisk> {
  await stopNode(site.dir, peer);
  const disk = await putOnSmallDisk(site.dir, peer, SPARE_BYTES);
  site.onMend(async () => {
    await stopNode(site.dir, peer);
    await disk.remove();
  });
  await site.bringBack([peer]);
  return disk;
}

async function effectOn(peer: string, site: Site): Promise<Effect | null> {
  const { nodes } = await status(site.dir, site.signal);
  const { state, height } = nodes.find(({ node }) => node === peer) ?? {};
  if (state === 'stopped') return 'it ended';
  if (height === undefined || height === null) return null; // busy, or just ending
  const others = nodes.map((node) => node.height ?? 0);
  return height + BEHIND_BLOCKS <= Math.max(...others) ? 'it stood still' : null;
}

async function untilFelt(peer: string, site: Site): Promise<Effect> {
  const deadline = performance.now() + FELT_LIMIT_MS;
  while (performance.now() < deadline) {
    const effect = await effectOn(peer, site);
    if (effect !== null) return effect;
    await site.hold(POLL_MS);
  }
  const message = `${peer} goes on as if its disk were not full`;
  throw new CliError('DRILL_FAILED', message, { details: { peer } });
}

/** A peer that stood still may go on by itself once there is room; one that ended is started. */
async function revive(
  peer: string,
  effect: Effect,
  site: Site,
): Promise<'by itself' | 'by a restart'> {
  const deadline = performance.now() + RECOVER_LIMIT_MS;
  const before = (await site.heights()).get(peer) ?? 0;
  while (effect === 'it stood still' && performance.now() < deadline) {
    if (((await site.heights()).get(peer) ?? 0) > before) return 'by itself';
    await site.hold(POLL_MS);
  }
  if (effect === 'it stood still') await killNodes(site.dir, [peer]);
  await startNodes(site.dir, [peer], { signal: site.signal });
  return 'by a restart';
}

export const disk: Drill = {
  run: async ({ site }) => {
    const peer = site.lastOf(site.named('peer'), 'peer');
    site.note(`moving ${peer} to a small disk`);
    const small = await moveToSmallDisk(site, peer);
    site.note(`filling the disk of ${peer}`);
    const blow = await site.strike(`disk of ${peer} full`, () => small.fill());
    await site.served(blow);
    const effect = await untilFelt(peer, site);
    site.note(`${peer}: ${effect}`);
    await site.hold();
    site.note(`giving ${peer} room again`);
    await small.free();
    const recovered = await revive(peer, effect, site);
    await site.caughtUp([peer]);
    return { peer, effect, recovered };
  },
};
