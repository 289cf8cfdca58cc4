import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alignChannel } from '../channel/align-channel.js';
import { renderConfigtx } from '../channel/configtx.js';
import { readIfThere, writeFileAtomic } from '../files/atomic.js';
import type { NodeContext } from '../nodes/context.js';
import { orderers } from '../topology/topology.js';
import { fingerprint } from './fingerprint.js';
import type { Step } from './plan.js';

function agreedFile({ paths }: NodeContext): string {
  return join(paths.channelDir, 'agreed.sha256');
}

/** Over all that the channel's configuration is made of. */
async function digestOf(context: NodeContext): Promise<string> {
  const { topology, paths } = context;
  const hash = createHash('sha256').update(renderConfigtx(topology, paths));
  for (const { organization, short } of orderers(topology)) {
    const { certificate, tlsCertificate } = paths.organization(organization).node(short);
    hash.update(await readFile(certificate)).update(await readFile(tlsCertificate));
  }
  return hash.digest('hex');
}

/** Brings the channel in line with topology and certificates, where it is not so already. */
export async function ensureAligned(context: NodeContext, signal?: AbortSignal): Promise<void> {
  const digest = await digestOf(context);
  if ((await readIfThere(agreedFile(context))) === digest) return;
  await alignChannel(context, signal);
  await writeFileAtomic(agreedFile(context), digest);
}

/**
 * The step between ordering and endorsing. A network on several hosts keeps the members that it
 * began with: no host has the keys of the others' admins.
 */
export function membersStep(context: NodeContext): Step {
  const { topology, local } = context;
  const isWhole = local === topology;
  return {
    id: 'members',
    title: `See that channel ${topology.channel} has the members of the topology`,
    after: ['ordering'],
    estimateMs: 1_000,
    fingerprint: fingerprint(topology.organizations.map(({ mspId }) => mspId)),
    isDone: async () =>
      !isWhole || (await readIfThere(agreedFile(context))) === (await digestOf(context)),
    run: (signal) => (isWhole ? ensureAligned(context, signal) : Promise.resolve()),
  };
}
