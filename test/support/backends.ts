/**
 * The back ends that every scenario runs over. A scenario sees the two ports, and people.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { Consortium } from '@emr-share/embedded';
import type { BlobStore, Identity, Keyring, Ledger } from '@emr-share/gateway-client';
import type { MspId, Role, UnixMillis, UserId } from '@emr-share/model';
import { revokeUser } from '@emr-share/network';
import { openSharedNetwork, restartNetwork } from './network.js';

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
  /** Certifies a further device of somebody: the certificates of the others stay. */
  enrolAgain(enrolment: Enrolment): Promise<Identity>;
  /** Has the CA revoke all certificates of somebody; ends when every organization acts by it. */
  revoke(mspId: MspId, userId: UserId): Promise<void>;
  /** Ends when every organization's clock is past a moment. Embedded, the clocks are moved. */
  until(moment: UnixMillis): Promise<void>;
  ledger(identity: Identity): Ledger;
  /** Somebody who may read every log, and each organization's admin. */
  admin(mspId: MspId): Promise<{ readonly identity: Identity; readonly keyring: Keyring }>;
  /** Stops and starts everything; what was committed is there afterwards. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

async function openEmbedded(): Promise<Backend> {
  const directory = await mkdtemp(join(tmpdir(), 'emr-scenario-'));
  let ahead = 0;
  const clock = { now: () => Date.now() + ahead };
  let consortium = await Consortium.open({ directory, clock });
  const enrol = async ({
    mspId,
    ...options
  }: Enrolment & { readonly isFurtherDevice?: boolean }): Promise<Identity> =>
    (await consortium.enrol(mspId, { ...options, publicKeyPem: undefined })).identity;
  return {
    name: 'embedded',
    organizations: consortium.organizations,
    get blobs() {
      return consortium.blobs;
    },
    enrol,
    enrolAgain: (enrolment) => enrol({ ...enrolment, isFurtherDevice: true }),
    revoke: (mspId, userId) => consortium.revokeEnrolment(mspId, userId),
    until: (moment) => {
      ahead += Math.max(0, moment + 1 - clock.now());
      return Promise.resolve();
    },
    ledger: (identity) => consortium.ledger(identity),
    admin: (mspId) => Promise.resolve(consortium.admin(mspId)),
    async restart() {
      await consortium.close();
      consortium = await Consortium.open({ directory, clock });
    },
    async close() {
      await consortium.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function openFabric(): Promise<Backend> {
  const consortium = await openSharedNetwork();
  const { dir, organizations, blobs } = consortium;
  const inStep = await consortium.inStep();
  // What earlier stories left staged is none of this one's: filed, it stays out of the way.
  await blobs.collect({ isReferenced: () => Promise.resolve(true), olderThanMs: 0 });
  return {
    name: 'fabric',
    organizations,
    blobs,
    enrol: ({ mspId, ...enrolment }) => consortium.enrol(mspId, enrolment),
    // The CA certifies a new key for who is known in the same role.
    enrolAgain: ({ mspId, ...enrolment }) => consortium.enrol(mspId, enrolment),
    revoke: async (mspId, userId) => {
      await revokeUser(dir, mspId, { userId });
    },
    until: (moment) => sleep(Math.max(0, moment + 1 - Date.now())),
    ledger: (identity) => inStep.ledger(consortium.ledger(identity)),
    admin: (mspId) => consortium.admin(mspId),
    restart: () => restartNetwork(dir),
    close: async () => {
      await inStep[Symbol.asyncDispose]();
      await consortium[Symbol.asyncDispose]();
    },
  };
}

const OPEN = { embedded: openEmbedded, fabric: openFabric } as const;

/** Which back end the stories of this jest project run over: jest.config.js sets it. */
function chosen(): keyof typeof OPEN {
  const { EMR_BACKEND: name = 'embedded' } = globalThis as { EMR_BACKEND?: string };
  if (name === 'embedded' || name === 'fabric') return name;
  throw new Error(`no back end ${name}`);
}

/** Runs a story over the back end of this jest project, with one network for all its steps. */
export function describeOnEachBackend(story: string, tell: (backend: () => Backend) => void): void {
  const name = chosen();
  describe(`${story}, on ${name}`, () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await OPEN[name]();
    });
    afterAll(async () => {
      await backend.close();
    });
    tell(() => backend);
  });
}
