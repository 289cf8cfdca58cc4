/**
 * Steps that start the nodes, and those that see at the end that the network as a whole serves.
 *
 * @module
 */
import { PeerCli } from '../channel/peer-cli.js';
import { httpRequest } from '../http-request.js';
import { configureSwarm, ensureKuboRepo, ensureSwarmKey } from '../nodes/kubo-repo.js';
import { endpoint, type NodeContext } from '../nodes/context.js';
import { ensureUp, isUp } from '../nodes/run-node.js';
import { hospitals, isRole, type Node, nodesOf } from '../topology/topology.js';
import { waitFor } from '../wait.js';
import { fingerprint } from './fingerprint.js';
import type { Step } from './plan.js';

const READY_LIMIT_MS = 90_000;

function kuboNodes(context: NodeContext): Node<'kubo'>[] {
  return nodesOf(context.topology).filter((node) => isRole(node, 'kubo'));
}

function swarmStep(context: NodeContext): Step {
  const { paths, tools, topology } = context;
  const members = kuboNodes(context).map((node) => ({ node, repo: paths.data(node.name) }));
  return {
    id: 'swarm',
    title: `Set up the private swarm of ${String(members.length)} Kubo nodes`,
    after: [],
    estimateMs: 2_000,
    fingerprint: fingerprint(members, topology.tools.kubo),
    isDone: () => Promise.resolve(true),
    run: async (signal) => {
      await ensureSwarmKey(paths.swarmKey);
      for (const { repo } of members) {
        await ensureKuboRepo(tools.program('ipfs'), repo, paths.swarmKey, signal);
      }
      await configureSwarm(members);
    },
  };
}

function startStep(node: Node, context: NodeContext): Step {
  const prepared = node.role === 'kubo' ? 'swarm' : `identities.${node.organization}`;
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

function endorsersStep(context: NodeContext): Step {
  const { topology } = context;
  const peers = hospitals(topology).flatMap((organization) => organization.peers);
  const [first] = peers;
  return {
    id: 'ready.endorsers',
    title: `Wait until ${String(peers.length)} peers are known as endorsers`,
    after: ['commit'],
    estimateMs: 5_000,
    fingerprint: fingerprint(peers),
    isDone: () => Promise.resolve(false), // a check, not a deed
    run: async (signal) => {
      if (first === undefined) return;
      const cli = new PeerCli(context, first, signal);
      await waitFor('all peers are endorsers', { limitMs: READY_LIMIT_MS, signal }, async () => {
        const known = await cli.endorsers();
        if (known.length === peers.length) return true;
        throw new Error(`${String(known.length)} of ${String(peers.length)} are known`);
      });
    },
  };
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

function swarmReadyStep(context: NodeContext): Step {
  const nodes = kuboNodes(context);
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
          { limitMs: READY_LIMIT_MS, signal },
          async () => {
            const connected = await swarmPeers(node, signal);
            if (connected >= nodes.length - 1) return true;
            throw new Error(`it has ${String(connected)} of ${String(nodes.length - 1)} peers`);
          },
        );
      }
    },
  };
}

/** How many nodes of the swarm a Kubo node is connected to. */
export async function swarmPeers(node: Node<'kubo'>, signal?: AbortSignal): Promise<number> {
  const url = `http://${endpoint(node.address, node.ports.api)}/api/v0/swarm/peers`;
  const { body } = await httpRequest(url, { method: 'POST', signal });
  const { Peers } = JSON.parse(body) as { Peers: readonly unknown[] | null };
  return Peers?.length ?? 0;
}

export function nodeSteps(context: NodeContext): Step[] {
  const nodes = nodesOf(context.topology).filter((node) => !isRole(node, 'ca'));
  const peers = nodes.filter((node) => isRole(node, 'peer'));
  return [
    swarmStep(context),
    ...nodes.map((node) => startStep(node, context)),
    endorsersStep(context),
    ...peers.map((peer) => answersStep(peer, context)),
    swarmReadyStep(context),
  ];
}
