/**
 * A network on this machine as its clients see it: people enrolled by its CAs, ledgers over its
 * gateways, one store over its Kubo nodes.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { CustodianKeyFiles } from '@emr-share/chaincode/custodian-keys';
import {
  type CustodianKeyStore,
  type Identity,
  introduceAdmin,
  type Keyring,
} from '@emr-share/gateway-client';
import {
  FabricLedger,
  InStep,
  readConnectionProfile,
  verifyFabricChain,
  type ChainVerification,
  type ConnectionProfile,
} from '@emr-share/gateway-client/fabric';
import { KuboBlobStore } from '@emr-share/gateway-client/kubo';
import { createIdentity } from '@emr-share/gateway-client/node';
import type { MspId, Role, UserId } from '@emr-share/model';
import { connectionProfiles, enrolUser, networkPaths } from '@emr-share/network';
import { adminKeyring } from './admin-keyring.js';

/** Whom an organization's CA shall certify. */
export interface FabricEnrolment {
  readonly userId: UserId;
  readonly role: Role;
  readonly department?: string | undefined;
}

/** An organization's admin, whose keys are in the network's folder. */
export interface FabricAdmin {
  readonly identity: Identity;
  readonly keyring: Keyring;
}

/** A running network; disposing of it closes the connections and leaves the network running. */
export interface FabricConsortium extends AsyncDisposable {
  readonly dir: string;
  /** The hospitals, in the order of the topology. */
  readonly organizations: readonly MspId[];
  readonly blobs: KuboBlobStore;
  /** Registers and enrols a user at the organization's CA; the key is made here. */
  enrol(mspId: MspId, enrolment: FabricEnrolment): Promise<Identity>;
  admin(mspId: MspId): Promise<FabricAdmin>;
  /** The keys that the organization's contract service holds; where this host has that service. */
  custodianKeys(mspId: MspId): Promise<CustodianKeyStore>;
  /** The ledger as that identity sees it, through its own organization's gateways first. */
  ledger(identity: Identity): FabricLedger;
  /** For whoever plays several people: what one did, the next one sees. */
  inStep(): Promise<InStep>;
  /** Compares the chains of all hospitals' peers; see {@link verifyFabricChain}. */
  verify(signal?: AbortSignal): Promise<ChainVerification>;
}

interface Member {
  readonly name: string;
  readonly mspId: MspId;
  readonly profile: ConnectionProfile;
}

function membersOf(profiles: Awaited<ReturnType<typeof connectionProfiles>>): Member[] {
  return Object.entries(profiles).map(([name, content]) => {
    const profile = readConnectionProfile(JSON.stringify(content));
    return { name, mspId: profile.mspId, profile };
  });
}

/**
 * Opens the network in a folder.
 *
 * @throws NetworkError NETWORK_NOT_FOUND, STATE_INVALID
 */
export async function openFabricConsortium(dir: string): Promise<FabricConsortium> {
  const members = membersOf(await connectionProfiles(dir));
  const paths = networkPaths(dir);
  const ledgers: FabricLedger[] = [];
  const memberOf = (mspId: MspId): Member => {
    const found = members.find((member) => member.mspId === mspId);
    if (found === undefined) throw new TypeError(`no organization ${mspId}`);
    return found;
  };
  const first = members[0];
  const blobs = new KuboBlobStore({ nodes: first?.profile.stores ?? [] });
  const admin = async (mspId: MspId): Promise<FabricAdmin> => {
    const organization = paths.organization(memberOf(mspId).name);
    const { certificate, key } = organization.user('admin');
    const certificatePem = await readFile(certificate, 'utf8');
    const privateKeyPem = await readFile(key, 'utf8');
    return {
      identity: createIdentity({ mspId, certificatePem, privateKeyPem }),
      keyring: await adminKeyring(organization.dir),
    };
  };
  /** The first hospital's, which shows where all peers are. */
  const asFirst = async (): Promise<{ profile: ConnectionProfile; identity: Identity }> => {
    if (first === undefined) throw new TypeError('no organization');
    return { profile: first.profile, identity: (await admin(first.mspId)).identity };
  };
  return {
    dir,
    organizations: members
      .filter(({ mspId, profile }) => profile.gateways.some((gateway) => gateway.mspId === mspId))
      .map(({ mspId }) => mspId),
    blobs,
    enrol: async (mspId, user) => {
      const { certificate, key } = await enrolUser(dir, memberOf(mspId).name, user);
      return createIdentity({ mspId, certificatePem: certificate, privateKeyPem: key });
    },
    admin,
    custodianKeys: (mspId) =>
      CustodianKeyFiles.open(paths.organization(memberOf(mspId).name).custodianKey),
    ledger: (identity) => {
      const { profile } = memberOf(identity.mspId);
      const { gateways, channel, contract: chaincode } = profile;
      const ledger = new FabricLedger({ identity, gateways, channel, chaincode });
      ledgers.push(ledger);
      return ledger;
    },
    inStep: async () => {
      const { profile, identity } = await asFirst();
      return new InStep(profile, identity);
    },
    verify: async (signal) => {
      const { profile, identity } = await asFirst();
      return verifyFabricChain(profile, identity, { signal });
    },
    [Symbol.asyncDispose]: () => {
      for (const ledger of ledgers) ledger.close();
      return Promise.resolve();
    },
  };
}

/**
 * Makes a network ready for users: every hospital's admin registered, every custodian key published.
 * Harmless to repeat.
 *
 * @throws EmrError what the ledger refuses with
 */
export async function foundConsortium(
  consortium: FabricConsortium,
  signal?: AbortSignal,
): Promise<void> {
  const { blobs, organizations } = consortium;
  for (const mspId of organizations) {
    const { identity, keyring } = await consortium.admin(mspId);
    const ledger = consortium.ledger(identity);
    const custodian = await ledger.evaluate(
      'registry:GetCustodianKey',
      {},
      { organizations: [mspId], signal },
    );
    await introduceAdmin({ ledger, blobs, keyring, signal }, custodian);
  }
}
