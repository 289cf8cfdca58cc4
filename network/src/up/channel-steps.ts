/**
 * Steps that make the channel: its genesis block, its members, the contract that they agree on.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { CONFIGTX_PROFILE, renderConfigtx } from '../channel/configtx.js';
import { makeContractPackage } from '../channel/contract-package.js';
import { channelInfo, joinChannel } from '../channel/participation.js';
import { PeerCli } from '../channel/peer-cli.js';
import { NetworkError } from '../errors.js';
import { readIfThere, writeFileAtomic } from '../files/atomic.js';
import type { NodeContext } from '../nodes/context.js';
import { runCommand } from '../process/run-command.js';
import { hospitals, type Node, type Organization, orderers } from '../topology/topology.js';
import { waitFor } from '../wait.js';
import { fingerprint } from './fingerprint.js';
import type { Step } from './plan.js';

const GENESIS_LIMIT_MS = 60_000;
const JOIN_LIMIT_MS = 60_000;
/** A lifecycle transaction may meet orderers that are still electing their leader. */
const APPROVE_LIMIT_MS = 120_000;

/** NAME_VERSION: the label of the contract's package. */
export function packageLabel({ contract }: NodeContext['topology']): string {
  return `${contract.name}_${contract.version}`;
}

function genesisStep(context: NodeContext): Step {
  const { topology, paths, tools } = context;
  const configtx = renderConfigtx(topology, paths);
  return {
    id: 'genesis',
    title: `Make the genesis block of channel ${topology.channel}`,
    after: topology.organizations.map(({ name }) => `identities.${name}`),
    estimateMs: 500,
    fingerprint: fingerprint(configtx),
    isDone: async () => Promise.resolve(existsSync(paths.genesisBlock)),
    run: async (signal) => {
      if (existsSync(paths.genesisBlock) && (await readIfThere(paths.configtx)) !== configtx) {
        const changed = 'the channel configuration that follows from it';
        throw new NetworkError('TOPOLOGY_CHANGED', { dir: paths.dir, changed });
      }
      await writeFileAtomic(paths.configtx, configtx);
      const unfinished = `${paths.genesisBlock}.unfinished`;
      const profile = ['-profile', CONFIGTX_PROFILE, '-channelID', topology.channel];
      await runCommand(tools.program('configtxgen'), [...profile, '-outputBlock', unfinished], {
        env: { FABRIC_CFG_PATH: paths.channelDir },
        limitMs: GENESIS_LIMIT_MS,
        signal,
      });
      await rename(unfinished, paths.genesisBlock);
    },
  };
}

function packageStep({ topology, paths, packageId }: NodeContext): Step {
  return {
    id: 'package',
    title: `Package contract ${packageLabel(topology)}`,
    after: [],
    fingerprint: fingerprint(packageId),
    isDone: async () => Promise.resolve(existsSync(paths.packageFile)),
    run: () =>
      writeFileAtomic(paths.packageFile, makeContractPackage(packageLabel(topology)).bytes),
  };
}

function joinOrdererStep(orderer: Node<'orderer'>, context: NodeContext): Step {
  const { topology, paths } = context;
  return {
    id: `join.${orderer.name}`,
    title: `Join ${orderer.name} to channel ${topology.channel}`,
    after: ['genesis', `start.${orderer.name}`],
    estimateMs: 500,
    fingerprint: fingerprint(topology.channel),
    isDone: async () => (await channelInfo(orderer, topology.channel, paths)) !== null,
    run: async (signal) => {
      if ((await channelInfo(orderer, topology.channel, paths, signal)) !== null) return;
      await joinChannel(orderer, paths, signal);
    },
  };
}

/** Not remembered as done: an orderer that lost its place must not pass for one that has it. */
function orderingStep(context: NodeContext): Step {
  const { topology, paths } = context;
  const group = orderers(topology);
  return {
    id: 'ordering',
    title: `Wait until ${String(group.length)} orderers take part`,
    after: group.map(({ name }) => `join.${name}`),
    estimateMs: 1_000,
    fingerprint: fingerprint(group),
    isDone: () => Promise.resolve(false),
    run: async (signal) => {
      for (const orderer of group) {
        await waitFor(`${orderer.name} orders`, { limitMs: JOIN_LIMIT_MS, signal }, async () => {
          const info = await channelInfo(orderer, topology.channel, paths, signal);
          if (info?.status === 'active' && info.consensusRelation === 'consenter') return true;
          throw new Error(
            `${info?.status ?? 'not joined'}, ${info?.consensusRelation ?? 'no relation'}`,
          );
        });
      }
    },
  };
}

function joinPeerStep(peer: Node<'peer'>, context: NodeContext): Step {
  const { channel } = context.topology;
  return {
    id: `join.${peer.name}`,
    title: `Join ${peer.name} to channel ${channel}`,
    after: ['genesis', `start.${peer.name}`],
    estimateMs: 1_000,
    fingerprint: fingerprint(channel),
    isDone: async () => (await new PeerCli(context, peer).channels()).includes(channel),
    run: async (signal) => {
      const cli = new PeerCli(context, peer, signal);
      if (!(await cli.channels()).includes(channel)) await cli.join();
    },
  };
}

function installStep(peer: Node<'peer'>, context: NodeContext): Step {
  const { packageId } = context;
  return {
    id: `install.${peer.name}`,
    title: `Install the contract on ${peer.name}`,
    after: ['package', `start.${peer.name}`],
    estimateMs: 1_000,
    fingerprint: fingerprint(packageId),
    isDone: async () => (await new PeerCli(context, peer).installed()).includes(packageId),
    run: async (signal) => {
      const cli = new PeerCli(context, peer, signal);
      if (!(await cli.installed()).includes(packageId)) await cli.install();
    },
  };
}

/** Whether the channel runs the topology's definition, or a later one. */
async function isCommitted(cli: PeerCli, context: NodeContext): Promise<boolean> {
  const committed = await cli.committed();
  return committed !== null && committed.sequence >= context.topology.contract.sequence;
}

function approveStep(organization: Organization, peer: Node<'peer'>, context: NodeContext): Step {
  const { contract } = context.topology;
  return {
    id: `approve.${organization.name}`,
    title: `Approve contract ${packageLabel(context.topology)} as ${organization.name}`,
    after: [
      'ordering',
      ...organization.peers.flatMap(({ name }) => [`join.${name}`, `install.${name}`]),
    ],
    estimateMs: 2_000,
    fingerprint: fingerprint(contract, context.packageId),
    isDone: () => isCommitted(new PeerCli(context, peer), context),
    run: async (signal) => {
      const cli = new PeerCli(context, peer, signal);
      if (await isCommitted(cli, context)) return;
      await waitFor(
        `${organization.name} approves`,
        { limitMs: APPROVE_LIMIT_MS, signal },
        async () => {
          await cli.approve(context.packageId);
          return true;
        },
      );
    },
  };
}

function commitStep(peer: Node<'peer'>, context: NodeContext): Step {
  const { topology } = context;
  return {
    id: 'commit',
    title: `Commit contract ${packageLabel(topology)} to the channel`,
    after: hospitals(topology).map(({ name }) => `approve.${name}`),
    estimateMs: 2_000,
    fingerprint: fingerprint(topology.contract),
    isDone: () => isCommitted(new PeerCli(context, peer), context),
    run: async (signal) => {
      const cli = new PeerCli(context, peer, signal);
      await waitFor(
        'the contract is committed',
        { limitMs: APPROVE_LIMIT_MS, signal },
        async () => {
          if (!(await isCommitted(cli, context))) await cli.commit();
          return true;
        },
      );
    },
  };
}

export function channelSteps(context: NodeContext): Step[] {
  const members = hospitals(context.topology);
  const peers = members.flatMap((organization) => organization.peers);
  const approvers = members.flatMap((organization) => {
    const [first] = organization.peers;
    return first === undefined ? [] : [{ organization, first }];
  });
  return [
    genesisStep(context),
    packageStep(context),
    ...orderers(context.topology).map((orderer) => joinOrdererStep(orderer, context)),
    orderingStep(context),
    ...peers.flatMap((peer) => [joinPeerStep(peer, context), installStep(peer, context)]),
    ...approvers.map(({ organization, first }) => approveStep(organization, first, context)),
    ...approvers.slice(0, 1).map(({ first }) => commitStep(first, context)),
  ];
}
