/**
 * Steps that make the channel: its genesis block, its members, the contract that they agree on.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { CONFIGTX_PROFILE, renderConfigtx } from '../channel/configtx.js';
import { type ContractPackage, makeContractPackage } from '../channel/contract-package.js';
import { channelInfo, joinChannel } from '../channel/participation.js';
import { PeerCli } from '../channel/peer-cli.js';
import { writeFileAtomic } from '../files/atomic.js';
import { requireSameGenesis } from '../hosts/genesis-check.js';
import { hostSteps, isFoundingHost, waitForGenesis } from '../hosts/host-steps.js';
import type { NodeContext } from '../nodes/context.js';
import { runCommand } from '../process/run-command.js';
import { isServedAtStandby } from '../topology/contract.js';
import { hospitals, type Node, type Organization, orderers } from '../topology/topology.js';
import { waitFor } from '../wait.js';
import { fingerprint } from './fingerprint.js';
import { membersStep } from './members-step.js';
import type { Step } from './plan.js';

const GENESIS_LIMIT_MS = 60_000;
const JOIN_LIMIT_MS = 60_000;
/** A lifecycle transaction may meet orderers that are still electing their leader. */
const APPROVE_LIMIT_MS = 120_000;

/** NAME_VERSION: the label of the contract's package. */
export function packageLabel({ contract }: NodeContext['topology']): string {
  return `${contract.name}_${contract.version}`;
}

/** Made here, or by the founding host and compared with what would be made here. */
async function settleGenesis(
  unfinished: string,
  context: NodeContext,
  signal: AbortSignal,
): Promise<void> {
  const { paths } = context;
  if (isFoundingHost(context)) {
    await rename(unfinished, paths.genesisBlock);
    return;
  }
  await waitForGenesis(context, signal);
  await requireSameGenesis(paths.receivedGenesis, unfinished, context, signal);
  await rename(paths.receivedGenesis, paths.genesisBlock);
  await rm(unfinished, { force: true });
}

function genesisStep(context: NodeContext): Step {
  const { topology, paths, tools } = context;
  const configtx = renderConfigtx(topology, paths);
  const verb = isFoundingHost(context) ? 'Make' : 'Wait for';
  return {
    id: 'genesis',
    title: `${verb} the genesis block of channel ${topology.channel}`,
    after: [
      ...context.local.organizations.map(({ name }) => `identities.${name}`),
      ...hostSteps(context).map(({ id }) => id),
    ],
    estimateMs: 500,
    fingerprint: fingerprint(topology.channel),
    isDone: async () => Promise.resolve(existsSync(paths.genesisBlock)),
    run: async (signal) => {
      // What changes after the first block is up to configuration updates.
      if (existsSync(paths.genesisBlock)) return;
      await writeFileAtomic(paths.configtx, configtx);
      const unfinished = `${paths.genesisBlock}.unfinished`;
      const profile = ['-profile', CONFIGTX_PROFILE, '-channelID', topology.channel];
      await runCommand(tools.program('configtxgen'), [...profile, '-outputBlock', unfinished], {
        env: { FABRIC_CFG_PATH: paths.channelDir },
        limitMs: GENESIS_LIMIT_MS,
        signal,
      });
      await settleGenesis(unfinished, context, signal);
    },
  };
}

/** The package of the contract that the topology names. */
export function contractPackage(topology: NodeContext['topology']): ContractPackage {
  return makeContractPackage(packageLabel(topology), isServedAtStandby(topology.contract));
}

function packageStep({ topology, paths, packageId }: NodeContext): Step {
  return {
    id: 'package',
    title: `Package contract ${packageLabel(topology)}`,
    after: [],
    fingerprint: fingerprint(packageId),
    isDone: async () => Promise.resolve(existsSync(paths.packageFile)),
    run: () => writeFileAtomic(paths.packageFile, contractPackage(topology).bytes),
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
      await joinChannel(orderer, paths, paths.genesisBlock, signal);
    },
  };
}

/** Not remembered as done: an orderer that lost its place must not pass for one that has it. */
function orderingStep(context: NodeContext): Step {
  const { topology, local, paths } = context;
  const group = orderers(local);
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

/** Other hosts take part when they get to it. */
function lifecycleLimitMs({ topology, local, othersLimitMs }: NodeContext): number {
  return local === topology ? APPROVE_LIMIT_MS : othersLimitMs;
}

/** Whether the channel runs the topology's definition, or a later one. */
async function isCommitted(cli: PeerCli, context: NodeContext): Promise<boolean> {
  const committed = await cli.committed();
  return committed !== null && committed.sequence >= context.topology.contract.sequence;
}

/** Whether the organization approved the topology's definition for this package, or a later one. */
async function isApproved(
  cli: PeerCli,
  { mspId }: Organization,
  context: NodeContext,
): Promise<boolean> {
  const { sequence } = context.topology.contract;
  const approval = await cli.approval();
  if (approval === null) {
    // Its text is lost with all peers of the organization; the hash of it counts all the same.
    const committed = await cli.committed();
    return committed?.sequence === sequence && committed.approvals[mspId] === true;
  }
  return (
    approval.sequence > sequence ||
    (approval.sequence === sequence && approval.packageId === context.packageId)
  );
}

function approveStep(organization: Organization, peer: Node<'peer'>, context: NodeContext): Step {
  const { contract } = context.topology;
  return {
    id: `approve.${organization.name}`,
    title: `Approve contract ${packageLabel(context.topology)} as ${organization.name}`,
    after: [
      'members',
      ...organization.peers.flatMap(({ name }) => [`join.${name}`, `install.${name}`]),
    ],
    estimateMs: 2_000,
    fingerprint: fingerprint(contract, context.packageId),
    isDone: () => isApproved(new PeerCli(context, peer), organization, context),
    run: async (signal) => {
      const cli = new PeerCli(context, peer, signal);
      if (await isApproved(cli, organization, context)) return;
      await waitFor(
        `${organization.name} approves`,
        { limitMs: lifecycleLimitMs(context), signal },
        async () => {
          await cli.approve(context.packageId);
          return true;
        },
      );
    },
  };
}

/** Commits once every hospital has approved; those on other hosts do so when they get to it. */
async function commitOnce(cli: PeerCli, context: NodeContext): Promise<void> {
  if (await isCommitted(cli, context)) return;
  const approved = await cli.approvals();
  const missing = hospitals(context.topology).filter(({ mspId }) => !approved.includes(mspId));
  if (missing.length === 0) {
    await cli.commit();
    return;
  }
  throw new Error(`${missing.map(({ name }) => name).join(', ')} must approve first`);
}

/** One host commits, the others wait until it has. */
function commitStep(peer: Node<'peer'>, context: NodeContext): Step {
  const { topology, local } = context;
  const [first] = hospitals(topology);
  const isOurs = local.organizations.some((organization) => organization === first);
  const verb = isOurs ? 'Commit' : 'Wait until the other hosts commit';
  return {
    id: 'commit',
    title: `${verb} contract ${packageLabel(topology)} to the channel`,
    after: hospitals(local).map(({ name }) => `approve.${name}`),
    estimateMs: 2_000,
    fingerprint: fingerprint(topology.contract),
    isDone: () => isCommitted(new PeerCli(context, peer), context),
    run: async (signal) => {
      const cli = new PeerCli(context, peer, signal);
      const limit = { limitMs: lifecycleLimitMs(context), signal };
      await waitFor('the contract is committed', limit, async () => {
        if (isOurs) await commitOnce(cli, context);
        else if (!(await isCommitted(cli, context))) throw new Error('not committed yet');
        return true;
      });
    },
  };
}

export function channelSteps(context: NodeContext): Step[] {
  const members = hospitals(context.local);
  const peers = members.flatMap((organization) => organization.peers);
  const approvers = members.flatMap((organization) => {
    const [first] = organization.peers;
    return first === undefined ? [] : [{ organization, first }];
  });
  return [
    genesisStep(context),
    packageStep(context),
    ...orderers(context.local).map((orderer) => joinOrdererStep(orderer, context)),
    orderingStep(context),
    membersStep(context),
    ...peers.flatMap((peer) => [joinPeerStep(peer, context), installStep(peer, context)]),
    ...approvers.map(({ organization, first }) => approveStep(organization, first, context)),
    ...approvers.slice(0, 1).map(({ first }) => commitStep(first, context)),
  ];
}
