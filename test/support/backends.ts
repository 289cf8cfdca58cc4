/**
 * The back ends that every scenario runs over. A scenario sees the two ports, and people.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { Consortium } from '@emr-share/embedded';
import type { BlobStore, Identity, Keyring, Ledger } from '@emr-share/gateway-client';
import type { MspId, Role, UserId } from '@emr-share/model';

/** Whom an organization's CA certifies. */
export interface Enrolment {
  readonly mspId: MspId;
  readonly userId: UserId;
  readonly role: Role;
  readonly department?: string | undefined;
}

/** A running network with three hospitals. */
export interface Backend {
  readonly name: string;
  readonly organizations: readonly MspId[];
  readonly blobs: BlobStore;
  enrol(enrolment: Enrolment): Promise<Identity>;
  ledger(identity: Identity): Ledger;
  /** Somebody who may read every log, and each organization's admin. */
  admin(mspId: MspId): { readonly identity: Identity; readonly keyring: Keyring };
  /** Stops and starts everything; what was committed is there afterwards. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

async function openEmbedded(): Promise<Backend> {
  const directory = await mkdtemp(join(tmpdir(), 'emr-scenario-'));
  let consortium = await Consortium.open({ directory });
  return {
    name: 'embedded',
    organizations: consortium.organizations,
    get blobs() {
      return consortium.blobs;
    },
    async enrol({ mspId, ...options }) {
      return (await consortium.enrol(mspId, { ...options, publicKeyPem: undefined })).identity;
    },
    ledger: (identity) => consortium.ledger(identity),
    admin: (mspId) => consortium.admin(mspId),
    async restart() {
      await consortium.close();
      consortium = await Consortium.open({ directory });
    },
    async close() {
      await consortium.close();
      await rm(directory, { recursive: true });
    },
  };
}

const BACKENDS: readonly { readonly name: string; readonly open: () => Promise<Backend> }[] = [
  { name: 'embedded', open: openEmbedded },
];

/** Runs a story once over each back end, with one network for all its steps. */
export function describeOnEachBackend(story: string, tell: (backend: () => Backend) => void): void {
  describe.each(BACKENDS)(`${story}, on $name`, ({ open }) => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await open();
    });
    afterAll(async () => {
      await backend.close();
    });
    tell(() => backend);
  });
}
