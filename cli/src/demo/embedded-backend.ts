/**
 * The story's back end on the embedded consortium.
 *
 * @module
 */
import { join } from 'node:path';
import { Consortium } from '@emr-share/embedded';
import { ORGANIZATIONS } from '../data/organizations.js';
import type { DemoBackend } from './backend.js';
import { damageBlock } from './damage-block.js';

/** Founds a consortium in `directory`, which must be empty or missing. */
export async function openEmbeddedBackend(
  directory: string,
  signal: AbortSignal,
): Promise<DemoBackend> {
  const consortium = await Consortium.open({ directory, organizations: ORGANIZATIONS, signal });
  return {
    name: 'embedded',
    organizations: ORGANIZATIONS,
    blobs: consortium.blobs,
    userId: (name) => name,
    enrol: async (mspId, enrolment) => {
      const { identity } = await consortium.enrol(mspId, enrolment);
      return consortium.ledger(identity);
    },
    admin: (mspId) => Promise.resolve(consortium.ledger(consortium.admin(mspId).identity)),
    damage: (cid) => damageBlock(consortium.blobs, [join(directory, 'blobs')], cid),
    verify: async () => {
      const { organizations } = await consortium.verify({ signal });
      return {
        copies: organizations.map(({ mspId, ...copy }) => ({ ...copy, mspId, holder: mspId })),
        proof: 'Every hash, every signature, and the state replayed from the start.',
      };
    },
    [Symbol.asyncDispose]: () => consortium.close(),
  };
}
