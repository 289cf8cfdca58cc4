/**
 * A member's identity on the running channel, ended and begun anew.
 *
 * An organization's own admins alone may change what its MSP is, and those of a lost one cannot sign.
 * Whether it is a member is up to the majority: so it leaves the channel, and comes back as another.
 * The one consenter goes and comes with it, which is all that ordering bears at a time.
 *
 * @module
 */
import { configAsOfNow, majorityOf } from '../channel/align-channel.js';
import type { ChannelConfig, ConfigGroup } from '../channel/channel-config.js';
import { awaitBlock, type ConfigContext, updateConfig } from '../channel/config-update.js';
import { readIfThere } from '../files/atomic.js';
import type { Organization, Topology } from '../topology/topology.js';
import { consentersIn, setConsenters } from './consenters.js';

/** The topology as if the organization had never been in it. */
export function topologyWithout(topology: Topology, { mspId }: Organization): Topology {
  const organizations = topology.organizations.filter((one) => one.mspId !== mspId);
  return { ...topology, organizations };
}

function rootsOf(group: ConfigGroup | undefined): string[] {
  const value = group?.values['MSP']?.value as
    { config?: { root_certs?: readonly string[] } } | undefined;
  return (value?.config?.root_certs ?? []).map((pem) => Buffer.from(pem, 'base64').toString());
}

/** Whether the channel knows the organization, and by another root than that. */
export function isKnownByAnotherRoot(
  config: ChannelConfig,
  mspId: string,
  root: string | null,
): boolean {
  const { Application, Orderer } = config.channel_group.groups;
  return [Application, Orderer].some(({ groups }) => {
    const group = groups[mspId];
    return group !== undefined && !(root !== null && rootsOf(group).includes(root));
  });
}

/**
 * Takes the organization off the channel, its consenter too. The rule by which the contract is endorsed
 * goes on naming it: it comes back before long, and the others are enough.
 */
export function applyLeaving(config: ChannelConfig, mspId: string): void {
  const { Application, Orderer } = config.channel_group.groups;
  for (const { groups } of [Application, Orderer]) Reflect.deleteProperty(groups, mspId);
  const consenters = consentersIn(Orderer);
  const left = consenters.filter(({ msp_id: owner }) => owner !== mspId);
  if (left.length < consenters.length) setConsenters(Orderer, left);
}

/** Puts the organization on the channel as `wanted` has it, where it is not there. */
export function applyReturn(config: ChannelConfig, mspId: string, wanted: ChannelConfig): void {
  const now = config.channel_group.groups;
  const then = wanted.channel_group.groups;
  for (const section of ['Application', 'Orderer'] as const) {
    const group = then[section].groups[mspId];
    if (group !== undefined) now[section].groups[mspId] ??= group;
  }
  const consenters = consentersIn(now.Orderer);
  if (consenters.some(({ msp_id: owner }) => owner === mspId)) return;
  const own = consentersIn(then.Orderer).filter(({ msp_id: owner }) => owner === mspId);
  if (own.length > 0) setConsenters(now.Orderer, [...consenters, ...own]);
}

/** Signed by the others: as many of them as make a majority of all members. */
async function updateByOthers(
  context: ConfigContext,
  lost: Organization,
  apply: (config: ChannelConfig) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const others = topologyWithout(context.topology, lost);
  const [submitter] = others.organizations;
  if (submitter === undefined) throw new Error('a network has another organization');
  const { blockNumber } = await updateConfig(
    { ...context, topology: others },
    {
      submitter,
      cosigners: (config) =>
        majorityOf(config, others).filter(({ mspId }) => mspId !== submitter.mspId),
      apply,
      signal,
    },
  );
  await awaitBlock(context, blockNumber, signal);
}

/**
 * Ends the membership of an organization whose root the channel knows and its folder has no more. From
 * then on nobody with a certificate under that root is let in.
 *
 * @throws {@link NetworkError} COMMAND_FAILED where a majority of the others does not sign or order; TIMEOUT
 */
export async function endLostMembership(
  context: ConfigContext,
  lost: Organization,
  signal?: AbortSignal,
): Promise<void> {
  const root = await readIfThere(context.paths.organization(lost.name).caCertificate);
  await updateByOthers(
    context,
    lost,
    (config) => {
      if (isKnownByAnotherRoot(config, lost.mspId, root)) applyLeaving(config, lost.mspId);
    },
    signal,
  );
}

/**
 * Makes the organization a member again, by the certificates that are in its folder now.
 *
 * @throws as {@link endLostMembership}
 */
export async function renewMembership(
  context: ConfigContext,
  restored: Organization,
  signal?: AbortSignal,
): Promise<void> {
  const wanted = await configAsOfNow(context, signal);
  await updateByOthers(
    context,
    restored,
    (config) => {
      applyReturn(config, restored.mspId, wanted);
    },
    signal,
  );
}
