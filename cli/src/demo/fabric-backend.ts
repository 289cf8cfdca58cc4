/**
 * The story's back end on a real network: Fabric's peers and orderers, its CAs, Kubo's nodes.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { MspId } from '@emr-share/model';
import { networkPaths, status } from '@emr-share/network';
import {
  foundConsortium,
  openFabricConsortium,
  type FabricConsortium,
} from '../consortium/fabric-consortium.js';
import { CliError } from '../errors/cli-error.js';
import type { DemoBackend } from './backend.js';
import { damageBlock } from './damage-block.js';

/**
 * Joins the network in `dir`, which must run. The people of the story stay known to its CAs and its
 * ledger, under names of their own; so do the rosters of the custodians, of whom the last one names
 * all three hospitals. Nothing else is left.
 *
 * @throws NetworkError NETWORK_NOT_FOUND; CliError `USAGE` where it has not three hospitals
 */
export async function openFabricBackend(dir: string, signal: AbortSignal): Promise<DemoBackend> {
  const consortium = await openFabricConsortium(dir);
  try {
    return await backendOn(consortium, signal);
  } catch (error) {
    await consortium[Symbol.asyncDispose]();
    throw error;
  }
}

async function backendOn(consortium: FabricConsortium, signal: AbortSignal): Promise<DemoBackend> {
  const { blobs, dir } = consortium;
  const organizations = three(consortium);
  await foundConsortium(consortium, signal);
  const stores = (await status(dir, signal)).nodes
    .filter(({ role }) => role === 'kubo')
    .map(({ node }) => networkPaths(dir).data(node));
  const run = randomBytes(3).toString('hex');
  const inStep = await consortium.inStep();
  return {
    name: 'fabric',
    organizations,
    blobs,
    userId: (name) => `${name}.${run}`,
    enrol: async (mspId, enrolment) =>
      inStep.ledger(consortium.ledger(await consortium.enrol(mspId, enrolment))),
    admin: async (mspId) =>
      inStep.ledger(consortium.ledger((await consortium.admin(mspId)).identity)),
    damage: (cid) => damageBlock(blobs, stores, cid),
    verify: async () => {
      const { copies } = await consortium.verify(signal);
      return {
        copies: copies.map(({ peer, ...copy }) => ({ ...copy, holder: peer })),
        proof:
          'Every block of every peer: its hash, the one before it, the signatures of all creators and endorsers. All peers have the same.',
      };
    },
    [Symbol.asyncDispose]: async () => {
      await inStep[Symbol.asyncDispose]();
      await consortium[Symbol.asyncDispose]();
    },
  };
}

function three({ dir, organizations }: FabricConsortium): readonly [MspId, MspId, MspId] {
  const [first, second, third, ...others] = organizations;
  if (first !== undefined && second !== undefined && third !== undefined && others.length === 0) {
    return [first, second, third];
  }
  const names = organizations.join(', ');
  throw new CliError(
    'USAGE',
    `the story needs three hospitals; the network in ${dir} has ${names}`,
  );
}
