/**
 * Steps that make a lost site anew, up to where the steps of every start go on.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchConfigBlock } from '../channel/config-update.js';
import { channelInfo, joinChannel } from '../channel/participation.js';
import { PeerCli } from '../channel/peer-cli.js';
import type { NodeContext } from '../nodes/context.js';
import { heightOf } from '../nodes/health.js';
import { ensureUp, isUp } from '../nodes/run-node.js';
import { isRole, type Node, nodesOf, type Organization } from '../topology/topology.js';
import { fingerprint } from '../up/fingerprint.js';
import { identitySteps } from '../up/identity-steps.js';
import type { Step } from '../up/plan.js';
import { waitFor } from '../wait.js';
import { endLostMembership, renewMembership, topologyWithout } from './replace-member.js';

const CATCH_UP_LIMIT_MS = 60 * 60_000;
const JOIN_LIMIT_MS = 60_000;

/** Done whenever the restore is run: each looks by itself what is to do. */
const notRemembered = {
  fingerprint: fingerprint('site'),
  isDone: () => Promise.resolve(false),
} as const;

/** Blocks in the longest ledger of another organization's peers. */
async function heightOfOthers(
  lost: Organization,
  { topology, paths }: NodeContext,
  signal: AbortSignal,
): Promise<number> {
  const peers = nodesOf(topologyWithout(topology, lost)).filter((node) => isRole(node, 'peer'));
  const heights = await Promise.all(
    peers.map((peer) => heightOf(peer, topology.channel, paths, signal)),
  );
  return Math.max(0, ...heights.map((height) => height ?? 0));
}

async function awaitLevel(
  node: Node<'peer'> | Node<'orderer'>,
  lost: Organization,
  context: NodeContext,
  signal: AbortSignal,
): Promise<void> {
  const { topology, paths } = context;
  const target = await heightOfOthers(lost, context, signal);
  const limit = { limitMs: CATCH_UP_LIMIT_MS, signal };
  await waitFor(`${node.name} has ${String(target)} blocks`, limit, async () => {
    const height = await heightOf(node, topology.channel, paths, signal);
    if ((height ?? 0) >= target) return true;
    throw new Error(`it has ${String(height ?? 0)}`);
  });
}

/** By the newest configuration: the first one knows neither its keys nor, perhaps, the others'. */
async function joinByNewest(
  orderer: Node<'orderer'>,
  lost: Organization,
  context: NodeContext,
  signal: AbortSignal,
): Promise<void> {
  const { topology, paths } = context;
  const [other] = topologyWithout(topology, lost).organizations;
  if (other === undefined) throw new Error('a network has another organization');
  const dir = await mkdtemp(join(paths.channelDir, 'newest-'));
  try {
    const block = join(dir, 'config.block');
    await fetchConfigBlock(context, other, block, signal);
    await joinChannel(orderer, paths, block, signal);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function ordererStep(orderer: Node<'orderer'>, lost: Organization, context: NodeContext): Step {
  const { topology, paths } = context;
  return {
    ...notRemembered,
    id: `site.${orderer.name}`,
    title: `Give ${orderer.name} the chain, and its vote`,
    after: ['site.return'],
    estimateMs: 6_000,
    run: async (signal) => {
      await ensureUp(orderer, context, signal);
      if ((await channelInfo(orderer, topology.channel, paths, signal)) === null) {
        await joinByNewest(orderer, lost, context, signal);
      }
      await awaitLevel(orderer, lost, context, signal);
      await waitFor(`${orderer.name} orders`, { limitMs: JOIN_LIMIT_MS, signal }, async () => {
        const info = await channelInfo(orderer, topology.channel, paths, signal);
        if (info?.status === 'active' && info.consensusRelation === 'consenter') return true;
        throw new Error(`${info?.status ?? 'not joined'}, ${info?.consensusRelation ?? 'none'}`);
      });
    },
  };
}

function peerStep(peer: Node<'peer'>, lost: Organization, context: NodeContext): Step {
  const { channel } = context.topology;
  const catching = { ...context, catchingUp: lost.name };
  return {
    ...notRemembered,
    id: `site.${peer.name}`,
    title: `Give ${peer.name} the ledger`,
    after: ['site.return'],
    estimateMs: 6_000,
    run: async (signal) => {
      const cli = new PeerCli(context, peer, signal);
      // One that was level once goes on with its usual settings.
      if (await isUp(peer, context)) return;
      await ensureUp(peer, catching, signal);
      if (!(await cli.channels()).includes(channel)) await cli.join();
      await awaitLevel(peer, lost, context, signal);
    },
  };
}

/**
 * @param lost - of the context's topology
 */
export function siteSteps(lost: Organization, context: NodeContext): Step[] {
  const { name, mspId, orderer, peers } = lost;
  const [ca, identities] = identitySteps(context)
    .filter(({ id }) => [`ca.${name}`, `identities.${name}`].includes(id))
    .map((step) => (step.after.length === 0 ? { ...step, after: ['site.end'] } : step));
  if (ca === undefined || identities === undefined) throw new Error(`${name} has no CA`);
  return [
    {
      ...notRemembered,
      id: 'site.end',
      title: `End the lost root of ${mspId} on the channel`,
      after: [],
      estimateMs: 4_000,
      run: (signal) => endLostMembership(context, lost, signal),
    },
    ca,
    identities,
    {
      ...notRemembered,
      id: 'site.return',
      title: `Make ${mspId} a member again, by its new root`,
      after: [identities.id],
      estimateMs: 4_000,
      run: (signal) => renewMembership(context, lost, signal),
    },
    ...(orderer === null ? [] : [ordererStep(orderer, lost, context)]),
    ...peers.map((peer) => peerStep(peer, lost, context)),
  ];
}
