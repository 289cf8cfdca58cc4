/**
 * Steps that a network on several hosts has beside the others.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { NetworkError } from '../errors.js';
import type { NodeContext } from '../nodes/context.js';
import type { Organization } from '../topology/topology.js';
import { fingerprint } from '../up/fingerprint.js';
import type { Step } from '../up/plan.js';
import { waitFor } from '../wait.js';
import { foundingHost } from './exchange.js';

/** Organizations whose nodes are on other hosts. */
export function organizationsElsewhere({ topology, local }: NodeContext): Organization[] {
  return topology.organizations.filter(
    (organization) => !local.organizations.includes(organization),
  );
}

/** Whether this host makes what there must be one of: genesis block, swarm key, commit. */
export function isFoundingHost({ topology, local }: NodeContext): boolean {
  return local.organizations.some(({ host }) => host === foundingHost(topology));
}

/** What this host still has to get from others, in words. */
function lacking(context: NodeContext): string[] {
  const { paths, local } = context;
  const hosts = new Set(organizationsElsewhere(context).map(({ host }) => host));
  const needsKey = local.organizations.some(({ kubo }) => kubo !== null);
  return [
    ...[...hosts]
      .filter((host) => !existsSync(paths.received(host)))
      .map((host) => `the public material of host ${host}`),
    ...(needsKey && !existsSync(paths.swarmKey) ? ['the swarm key'] : []),
  ];
}

/** Waits, and says in the end what for. */
async function waitForImport(
  missing: () => string[],
  { othersLimitMs }: NodeContext,
  signal: AbortSignal,
): Promise<void> {
  try {
    await waitFor('imported', { limitMs: othersLimitMs, signal }, () =>
      Promise.resolve(missing().length === 0 ? true : null),
    );
  } catch (error) {
    if (!NetworkError.is(error, 'TIMEOUT')) throw error;
    const details = { missing: missing().join(', '), waitedMs: error.details.waitedMs };
    throw new NetworkError('MATERIAL_MISSING', details, { cause: error });
  }
}

/** Until `import` has brought the other hosts' certificates and peer IDs. */
function materialStep(context: NodeContext): Step {
  const hosts = [...new Set(organizationsElsewhere(context).map(({ host }) => host))];
  return {
    id: 'material',
    title: `Wait for the public material of the other hosts (${hosts.join(', ')})`,
    after: ['swarm', ...context.local.organizations.map(({ name }) => `identities.${name}`)],
    estimateMs: context.othersLimitMs,
    fingerprint: fingerprint(hosts),
    isDone: () => Promise.resolve(lacking(context).length === 0),
    run: (signal) => waitForImport(() => lacking(context), context, signal),
  };
}

/** Until the founding host's genesis block was imported. */
export async function waitForGenesis(context: NodeContext, signal: AbortSignal): Promise<void> {
  const { paths, topology } = context;
  const missing = (): string[] =>
    existsSync(paths.receivedGenesis)
      ? []
      : [`the genesis block of host ${foundingHost(topology) ?? ''}, with its public material`];
  await waitForImport(missing, context, signal);
}

export function hostSteps(context: NodeContext): Step[] {
  return organizationsElsewhere(context).length === 0 ? [] : [materialStep(context)];
}
