/**
 * Steps that start the nodes, and those that see at the end that the network as a whole serves.
 *
 * @module
 */
import { PeerCli } from '../channel/peer-cli.js';
import { httpRequest } from '../http-request.js';
import { readIfThere } from '../files/atomic.js';
import { receivedPeerId } from '../hosts/exchange.js';
import { hostSteps, isFoundingHost } from '../hosts/host-steps.js';
import {
  configureSwarm,
  ensureKuboRepo,
  kuboPeerId,
  type SwarmMember,
} from '../nodes/kubo-repo.js';
import { ensureSwarmKey } from '../nodes/swarm-key.js';
import { endpoint, LOOPBACK, type NodeContext } from '../nodes/context.js';
import { ensureUp, isUp } from '../nodes/run-node.js';
import { hospitals, isRole, type Node, nodesOf, type Topology } from '../topology/topology.js';
import { waitFor } from '../wait.js';
import { fingerprint } from './fingerprint.js';
import type { Step } from './plan.js';

const READY_LIMIT_MS = 90_000;

function kuboNodes(topology: Topology): Node<'kubo'>[] {
  return nodesOf(topology).filter((node) => isRole(node, 'kubo'));
}

/** Repositories with the identities by which the members of the swarm know each other. */
function swarmStep(context: NodeContext): Step {
  const { paths, tools, topology, local } = context;
  const own = kuboNodes(local);
  return {
    id: 'swarm',
    title: `Make the repositories of ${String(own.length)} Kubo nodes`,
    after: [],
    estimateMs: 2_000,
    fingerprint: fingerprint(own, topology.tools.kubo),
    isDone: () => Promise.resolve(true),
    run: async (signal) => {
      if (isFoundingHost(context)) await ensureSwarmKey(paths.swarmKey);
      for (const node of own) {
        await ensureKuboRepo(tools.program('ipfs'), paths.data(node.name), signal);
      }
    },
  };
}

async function swarmMembers({ topology, local, paths }: NodeContext): Promise<SwarmMember[]> {
  const members: SwarmMember[] = [];
  for (const organization of topology.organizations) {
    const node = organization.kubo;
    if (node === null) continue;
    const isHere = local.organizations.includes(organization);
    const peerId = isHere
      ? await kuboPeerId(paths.data(node.name))
      : await receivedPeerId(organization, paths);
    if (peerId !== null) members.push({ node, peerId });
  }
  return members;
}

function peeringStep(context: NodeContext): Step {
  const { topology, local, paths } = context;
  const all = kuboNodes(topology);
  const own = kuboNodes(local);
  return {
    id: 'peering',
    title: `Make the Kubo nodes a private swarm of ${String(all.length)}`,
    after: ['swarm', ...hostSteps(context).map(({ id }) => id)],
    fingerprint: fingerprint(all),
    isDone: () => Promise.resolve(true),
    run: async () => {
      const swarmKey = (await readIfThere(paths.swarmKey)) ?? '';
      const members = await swarmMembers(context);
      for (const member of members.filter(({ node }) => own.includes(node))) {
        const repo = paths.data(member.node.name);
        await configureSwarm(member, members, { repo, swarmKey });
      }
    },
  };
}

function startStep(node: Node, context: NodeContext): Step {
  const prepared = node.role === 'kubo' ? 'peering' : `identities.${node.organization}`;
  return {
    id: `start.${node.name}`,
    title: `Start ${node.name}`,
    after: [prepared],
    estimateMs: 1_500,
    fingerprint: fingerprint(node),
    isDone: () => isUp(node, context),
    run: (signal) => ensureUp(node, context, signal),
  };
}

/**
 * On one host all peers must be known. Of several hosts, one may be down: then this host's peers, and
 * as many hospitals as an endorsement takes.
 */
function areEnough(known: readonly string[], { topology, local }: NodeContext): boolean {
  const isKnown = (peer: Node<'peer'>): boolean =>
    known.includes(endpoint(peer.address, peer.ports.grpc));
  const members = hospitals(topology);
  const present = members.filter(({ peers }) => peers.some(isKnown));
  const isHere = hospitals(local).every(({ peers }) => peers.every(isKnown));
  const needed = local === topology ? members.length : Math.floor(members.length / 2) + 1;
  return isHere && present.length >= needed;
}

function endorsersStep(context: NodeContext): Step[] {
  const peers = hospitals(context.topology).flatMap((organization) => organization.peers);
  const [first] = hospitals(context.local).flatMap((organization) => organization.peers);
  if (first === undefined) return [];
  return [
    {
      id: 'ready.endorsers',
      title: `Wait until ${String(peers.length)} peers are known as endorsers`,
      after: ['commit'],
      estimateMs: 5_000,
      fingerprint: fingerprint(peers),
      isDone: () => Promise.resolve(false), // a check, not a deed
      run: async (signal) => {
        const cli = new PeerCli(context, first, signal);
        await waitFor('all peers are endorsers', { limitMs: READY_LIMIT_MS, signal }, async () => {
          const known = await cli.endorsers();
          if (areEnough(known, context)) return true;
          throw new Error(`${String(known.length)} of ${String(peers.length)} are known`);
        });
      },
    },
  ];
}

function answersStep(peer: Node<'peer'>, context: NodeContext): Step {
  return {
    id: `ready.${peer.name}`,
    title: `Ask the contract through ${peer.name}`,
    after: ['commit', `join.${peer.name}`, `start.contract.${peer.organization}`],
    estimateMs: 1_000,
    fingerprint: fingerprint(peer),
    isDone: () => Promise.resolve(false),
    run: async (signal) => {
      const cli = new PeerCli(context, peer, signal);
      const limit = { limitMs: READY_LIMIT_MS, signal };
      await waitFor(`the contract answers through ${peer.name}`, limit, async () => {
        await cli.askContract();
        return true;
      });
    },
  };
}

/** Other hosts start their nodes when they get to it. */
function swarmLimitMs({ topology, local, othersLimitMs }: NodeContext): number {
  return local === topology ? READY_LIMIT_MS : othersLimitMs;
}

/** How many others a node must be connected to: all, or one where other hosts may be down. */
function wantedPeers({ topology, local }: NodeContext): number {
  const others = kuboNodes(topology).length - 1;
  return local === topology ? others : Math.min(others, 1);
}

function swarmReadyStep(context: NodeContext): Step {
  const nodes = kuboNodes(context.local);
  const wanted = wantedPeers(context);
  return {
    id: 'ready.swarm',
    title: 'Wait until the Kubo nodes are connected to each other',
    after: nodes.map(({ name }) => `start.${name}`),
    estimateMs: 3_000,
    fingerprint: fingerprint(nodes),
    isDone: () => Promise.resolve(false),
    run: async (signal) => {
      for (const node of nodes) {
        await waitFor(
          `${node.name} is connected`,
          { limitMs: swarmLimitMs(context), signal },
          async () => {
            const connected = await swarmPeers(node, signal);
            if (connected >= wanted) return true;
            throw new Error(`it has ${String(connected)} of ${String(wanted)} peers`);
          },
        );
      }
    },
  };
}

/** How many nodes of the swarm a Kubo node is connected to. */
export async function swarmPeers(node: Node<'kubo'>, signal?: AbortSignal): Promise<number> {
  const url = `http://${endpoint(LOOPBACK, node.ports.api)}/api/v0/swarm/peers`;
  const { body } = await httpRequest(url, { method: 'POST', signal });
  const { Peers } = JSON.parse(body) as { Peers: readonly unknown[] | null };
  return Peers?.length ?? 0;
}

export function nodeSteps(context: NodeContext): Step[] {
  const nodes = nodesOf(context.local).filter((node) => !isRole(node, 'ca'));
  const peers = nodes.filter((node) => isRole(node, 'peer'));
  return [
    swarmStep(context),
    peeringStep(context),
    ...nodes.map((node) => startStep(node, context)),
    ...endorsersStep(context),
    ...peers.map((peer) => answersStep(peer, context)),
    swarmReadyStep(context),
  ];
}
