/**
 * A network on this machine as its clients see it: people enrolled by its CAs, ledgers over its
 * gateways, one store over its Kubo nodes.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { type Identity, introduceAdmin, type Keyring } from '@emr-share/gateway-client';
import { FabricLedger, type GatewayEndpoint } from '@emr-share/gateway-client/fabric';
import { KuboBlobStore } from '@emr-share/gateway-client/kubo';
import { createIdentity } from '@emr-share/gateway-client/node';
import type { MspId, Role, UserId } from '@emr-share/model';
import {
  type ConnectionProfile,
  connectionProfiles,
  enrolUser,
  networkPaths,
} from '@emr-share/network';
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
  /** The ledger as that identity sees it, through its own organization's gateways first. */
  ledger(identity: Identity): FabricLedger;
}

interface Member {
  readonly name: string;
  readonly mspId: MspId;
  readonly profile: ConnectionProfile;
}

function gatewaysOf({ peers }: ConnectionProfile): GatewayEndpoint[] {
  return Object.values(peers).map(({ url, tlsCACerts, grpcOptions }) => ({
    address: url.replace(/^grpcs:\/\//, ''),
    tlsRootPem: tlsCACerts.pem,
    serverName: grpcOptions?.['ssl-target-name-override'],
  }));
}

function membersOf(profiles: Readonly<Record<string, ConnectionProfile>>): Member[] {
  return Object.entries(profiles).flatMap(([name, profile]) => {
    const own = profile.organizations[name];
    return own === undefined ? [] : [{ name, mspId: own.mspid, profile }];
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
  return {
    dir,
    organizations: members
      .filter(({ name, profile }) => profile.organizations[name]?.peers.length !== 0)
      .map(({ mspId }) => mspId),
    blobs,
    enrol: async (mspId, user) => {
      const { certificate, key } = await enrolUser(dir, memberOf(mspId).name, user);
      return createIdentity({ mspId, certificatePem: certificate, privateKeyPem: key });
    },
    admin: async (mspId) => {
      const organization = paths.organization(memberOf(mspId).name);
      const { certificate, key } = organization.user('admin');
      const certificatePem = await readFile(certificate, 'utf8');
      const privateKeyPem = await readFile(key, 'utf8');
      return {
        identity: createIdentity({ mspId, certificatePem, privateKeyPem }),
        keyring: await adminKeyring(organization.dir),
      };
    },
    ledger: (identity) => {
      const { profile } = memberOf(identity.mspId);
      const [channel] = Object.keys(profile.channels);
      const ledger = new FabricLedger({
        identity,
        gateways: gatewaysOf(profile),
        channel,
        chaincode: profile.contract,
      });
      ledgers.push(ledger);
      return ledger;
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
    const { publicKey } = await ledger.evaluate(
      'registry:GetCustodianKey',
      {},
      { organizations: [mspId], signal },
    );
    await introduceAdmin({ ledger, blobs, keyring, signal }, { publicKey, generation: 1 });
  }
}
