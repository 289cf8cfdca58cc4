/**
 * Brings the running channel in line with the topology and the certificates in the network's folder.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../process/run-command.js';
import type { Organization, Topology } from '../topology/topology.js';
import { type ChannelConfig, type ConfigGroup, ConfigTranslator } from './channel-config.js';
import { type ConfigContext, type ConfigOutcome, updateConfig } from './config-update.js';
import { CONFIGTX_PROFILE, renderConfigtx } from './configtx.js';

const LIMIT_MS = 60_000;

/** The configuration that the channel would begin with if it were made now. */
export async function configAsOfNow(
  { topology, paths, tools }: ConfigContext,
  signal?: AbortSignal,
): Promise<ChannelConfig> {
  const dir = await mkdtemp(join(paths.channelDir, 'wanted-'));
  try {
    // The folder of certificates is named relative to that of the file.
    const configtx = renderConfigtx(topology, { ...paths, channelDir: dir });
    await writeFile(join(dir, 'configtx.yaml'), configtx);
    const block = join(dir, 'wanted.block');
    const profile = ['-profile', CONFIGTX_PROFILE, '-channelID', topology.channel];
    await runCommand(tools.program('configtxgen'), [...profile, '-outputBlock', block], {
      env: { FABRIC_CFG_PATH: dir },
      limitMs: LIMIT_MS,
      signal,
    });
    return (await new ConfigTranslator(tools, signal).configIn(block)).config;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function copyPolicies(from: ConfigGroup, to: ConfigGroup, names: readonly string[]): void {
  for (const name of names) {
    const [wanted, item] = [from.policies[name], to.policies[name]];
    if (wanted !== undefined && item !== undefined) item.policy = wanted.policy;
  }
}

/** Raft keeps its consenters among its own settings, BFT in a value of their own. */
function copyConsenters(from: ConfigGroup, to: ConfigGroup): void {
  const [wanted, item] = [from.values['Orderers'], to.values['Orderers']];
  if (wanted !== undefined && item !== undefined) item.value = wanted.value;
  const metadataOf = (group: ConfigGroup): { consenters?: unknown } | undefined =>
    (group.values['ConsensusType']?.value as { metadata?: { consenters?: unknown } }).metadata;
  const [raft, running] = [metadataOf(from), metadataOf(to)];
  if (raft?.consenters !== undefined && running !== undefined) {
    running.consenters = raft.consenters;
  }
}

/**
 * Takes over what may change while the channel runs: members that are new, the rule by which they
 * endorse, the orderers' certificates. All else stays as it is: revocation lists, say.
 */
export function applyWanted(config: ChannelConfig, wanted: ChannelConfig): void {
  const { Application, Orderer } = config.channel_group.groups;
  const { Application: members, Orderer: ordering } = wanted.channel_group.groups;
  for (const [mspId, group] of Object.entries(members.groups)) {
    Application.groups[mspId] ??= group;
  }
  copyPolicies(members, Application, ['Endorsement', 'LifecycleEndorsement']);
  copyConsenters(ordering, Orderer);
  copyPolicies(ordering, Orderer, ['BlockValidation']);
}

/** As few as make a majority of both groups: those that order count in both. */
export function majorityOf(config: ChannelConfig, { organizations }: Topology): Organization[] {
  const { Application, Orderer } = config.channel_group.groups;
  const isIn = (group: ConfigGroup) => (organization: Organization) =>
    Object.hasOwn(group.groups, organization.mspId);
  const [applies, orders] = [isIn(Application), isIn(Orderer)];
  const candidates = [
    ...organizations.filter((one) => applies(one) && orders(one)),
    ...organizations.filter((one) => applies(one) !== orders(one)),
  ];
  const isMajority = (signers: Organization[], group: ConfigGroup): boolean =>
    2 * signers.filter(isIn(group)).length > Object.keys(group.groups).length;
  const signers: Organization[] = [];
  for (const candidate of candidates) {
    if (isMajority(signers, Application) && isMajority(signers, Orderer)) break;
    signers.push(candidate);
  }
  return signers;
}

/**
 * Adds members that are new in the topology, counts them in the endorsement rule, and puts the
 * orderers' present certificates into the channel. Signed by the admins of a majority of the members.
 *
 * @throws {@link NetworkError} COMMAND_FAILED, TIMEOUT
 */
export async function alignChannel(
  context: ConfigContext,
  signal?: AbortSignal,
): Promise<ConfigOutcome> {
  const wanted = await configAsOfNow(context, signal);
  const [submitter] = context.topology.organizations;
  if (submitter === undefined) throw new Error('a network has an organization');
  return updateConfig(context, {
    submitter,
    cosigners: (config) =>
      majorityOf(config, context.topology).filter(({ mspId }) => mspId !== submitter.mspId),
    apply: (config) => {
      applyWanted(config, wanted);
    },
    signal,
  });
}
