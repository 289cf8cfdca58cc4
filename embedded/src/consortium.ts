/**
 * A whole consortium in one process and one directory: organizations with their CAs, peers and
 * custodian keys, one copy of the ledger for each, and a store for ciphertext.
 *
 * @module
 */
import './endorsement/shim.js';
import type { BlobStore, Identity, Ledger } from '@emr-share/gateway-client';
import { createIdentity } from '@emr-share/gateway-client/node';
import {
  Department,
  EmrError,
  MspId,
  Role,
  UserId,
  validate,
  type UnixMillis,
} from '@emr-share/model';
import * as v from 'valibot';
import { adminUserId, introduce, openAdmin, type Admin } from './admins.js';
import { errorCode, makeDirectory } from './blobs/durable-directory.js';
import { UnixfsBlobStore } from './blobs/unixfs-blob-store.js';
import { CertificateAuthority, type Validity } from './ca/certificate-authority.js';
import { generateP256 } from './ca/p256.js';
import { Channel } from './channel.js';
import { readOrCreate } from './consortium-file.js';
import { ConsortiumPaths } from './consortium-paths.js';
import { DirectoryLock } from './directory-lock.js';
import { EmbeddedLedger } from './embedded-ledger.js';
import { bringLevel } from './ledger/catch-up.js';
import { verifyCopies, type VerificationReport } from './ledger/chain-verification.js';
import type { ChannelConfig } from './msp/channel-config.js';
import { Organization, type ChaincodeFactory } from './organization.js';

const DEFAULT_CHANNEL = 'emr';
const DEFAULT_ORGANIZATIONS = ['HospAMSP', 'HospBMSP', 'HospCMSP'] as const;
const DEFAULT_WAIT_MS = 5000;

const Organizations = v.pipe(
  v.array(MspId),
  v.minLength(1, 'at least one organization'),
  v.check(
    (ids) => new Set(ids.map(adminUserId)).size === ids.length,
    'organizations that differ in more than case',
  ),
);

export interface ConsortiumOptions {
  /** Created when missing. One process at a time may open it. */
  readonly directory: string;
  /** MSP IDs; default HospAMSP, HospBMSP and HospCMSP. Of an existing consortium: the same ones. */
  readonly organizations?: readonly MspId[] | undefined;
  /** The clock of all organizations and of the clients in this process; default the system's. */
  readonly clock?: { now(): UnixMillis } | undefined;
  /** How long to wait while another process has the directory open; default 5000. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Who is enrolled, and with which key. */
export interface EnrolOptions {
  readonly userId: UserId;
  readonly role: Role;
  readonly department?: string | undefined;
  /** The user's own key, SPKI or PKCS#10, P-256; left out: one is made. */
  readonly publicKeyPem?: string | undefined;
  /** Default: from now on for a year. */
  readonly validity?: Validity | undefined;
}

/** An enrolment of a key that the user holds. */
export interface Enrolled {
  readonly mspId: MspId;
  /** X.509 certificate. */
  readonly certificatePem: string;
}

/** An enrolment with the key that was made for it. */
export interface EnrolledWithKey extends Enrolled {
  readonly identity: Identity;
  /** PKCS#8. It is not kept anywhere. */
  readonly privateKeyPem: string;
}

/** An open consortium. */
export class Consortium implements AsyncDisposable {
  readonly channelName: string;
  readonly blobs: BlobStore;
  readonly #config: ChannelConfig;
  readonly #organizations: ReadonlyMap<MspId, Organization>;
  readonly #admins = new Map<MspId, Admin>();
  readonly #channel: Channel;
  readonly #clock: { now(): UnixMillis };
  readonly #lock: DirectoryLock;
  readonly #closing = new AbortController();
  #closed: Promise<void> | null = null;

  private constructor(parts: Parts) {
    this.channelName = parts.config.channel;
    this.blobs = parts.blobs;
    this.#config = parts.config;
    this.#organizations = parts.organizations;
    this.#channel = parts.channel;
    this.#clock = parts.clock;
    this.#lock = parts.lock;
  }

  /**
   * Opens the consortium in a directory; makes it at the first time: the organizations' CAs and
   * keys, block 0, an admin for each organization (`admin.hospa` of HospAMSP), and the transactions
   * that register the admins and publish the custodian keys.
   *
   * After a kill at any moment the next call recovers: copies that lag catch up, nothing
   * acknowledged is lost.
   *
   * @throws EmrError `LEDGER_BUSY` while another process has it open, `LEDGER_CORRUPT` where the
   * copies cannot be made to agree, `INPUT_INVALID` for a directory that cannot be used.
   */
  static open(options: ConsortiumOptions): Promise<Consortium> {
    return Consortium.openWith(options);
  }

  /** {@link Consortium.open} with another chaincode in place of the real one. @internal */
  static async openWith(
    options: ConsortiumOptions,
    chaincodeOf?: ChaincodeFactory,
  ): Promise<Consortium> {
    const { waitMs = DEFAULT_WAIT_MS, signal } = options;
    const paths = new ConsortiumPaths(options.directory);
    await usable(paths.root);
    const lock = await DirectoryLock.acquire(paths.lock, paths.root, { waitMs, signal });
    const opened: Organization[] = [];
    try {
      const parts = await openParts(paths, options, { lock, opened, chaincodeOf });
      const consortium = new Consortium(parts);
      if (chaincodeOf === undefined) await consortium.#openAdmins(paths, signal);
      return consortium;
    } catch (error) {
      await Promise.all(opened.map((organization) => organization.close()));
      await lock.release();
      throw error;
    }
  }

  /** MSP IDs, in the order of the channel's configuration. */
  get organizations(): readonly MspId[] {
    return [...this.#organizations.keys()];
  }

  /**
   * Has an organization's CA certify a user. The certificate is what contracts know the user by.
   *
   * @throws EmrError `USER_EXISTS` while the user has a valid certificate for another key,
   * `INPUT_INVALID`.
   */
  enrol(mspId: MspId, options: EnrolOptions & { readonly publicKeyPem: string }): Promise<Enrolled>;
  enrol(
    mspId: MspId,
    options: EnrolOptions & { readonly publicKeyPem?: undefined },
  ): Promise<EnrolledWithKey>;
  async enrol(mspId: MspId, options: EnrolOptions): Promise<Enrolled | EnrolledWithKey> {
    const { authority } = this.#organization(mspId);
    const attributes = {
      userId: validate(UserId, options.userId, 'the user ID'),
      role: validate(Role, options.role, 'the role'),
      department: validate(v.optional(Department), options.department, 'the department'),
    };
    const validity = options.validity ?? CertificateAuthority.enrolmentValidity(this.#clock.now());
    if (options.publicKeyPem !== undefined) {
      const certificatePem = await authority.enrol(attributes, options.publicKeyPem, validity);
      return { mspId, certificatePem };
    }
    const { publicKey, privateKey } = await generateP256();
    const publicKeyPem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const certificatePem = await authority.enrol(attributes, publicKeyPem, validity);
    const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const identity = createIdentity({ mspId, certificatePem, privateKeyPem });
    return { mspId, certificatePem, privateKeyPem, identity };
  }

  /**
   * Has an organization's CA revoke every certificate of a user: from then on no organization lets
   * that user in. The user may be enrolled again with another key.
   *
   * @throws EmrError `USER_NOT_FOUND`.
   */
  async revokeEnrolment(mspId: MspId, userId: UserId): Promise<void> {
    await this.#organization(mspId).authority.revoke(
      validate(UserId, userId, 'the user ID'),
      this.#clock.now(),
    );
  }

  /** The admin of an organization. */
  admin(mspId: MspId): Admin {
    const admin = this.#admins.get(this.#organization(mspId).mspId);
    if (admin === undefined) throw new TypeError('this consortium was opened without admins');
    return admin;
  }

  /**
   * The ledger as one identity sees it.
   *
   * @throws EmrError `INPUT_INVALID` when the certificate names no user.
   */
  ledger(identity: Identity): Ledger {
    return new EmbeddedLedger(identity, this.#channel, this.#closing.signal);
  }

  /**
   * Verifies every copy of the ledger from block 0 on.
   *
   * @throws EmrError `LEDGER_CORRUPT` with the organization and the first bad block.
   */
  verify(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<VerificationReport> {
    return verifyCopies(this.#channel.peers, this.#config, options.signal);
  }

  /** Waits for what is under way, ends event streams, and lets the directory go. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#channel.close();
    await Promise.all([...this.#organizations.values()].map((one) => one.close()));
    await this.#lock.release();
  }

  async #openAdmins(paths: ConsortiumPaths, signal: AbortSignal | undefined): Promise<void> {
    for (const organization of this.#organizations.values()) {
      signal?.throwIfAborted();
      const { admin: folder } = paths.organization(organization.mspId);
      const admin = await openAdmin(organization, folder, this.#clock.now());
      this.#admins.set(organization.mspId, admin);
      const ledger = this.ledger(admin.identity);
      await introduce(admin, organization, { ledger, blobs: this.blobs, signal });
    }
  }

  #organization(mspId: MspId): Organization {
    const organization = this.#organizations.get(mspId);
    if (organization !== undefined) return organization;
    const problem = `expected one of ${this.organizations.join(', ')}`;
    throw new EmrError('INPUT_INVALID', { what: 'the organization', problem });
  }
}

interface Parts {
  readonly config: ChannelConfig;
  readonly organizations: ReadonlyMap<MspId, Organization>;
  readonly channel: Channel;
  readonly clock: { now(): UnixMillis };
  readonly blobs: BlobStore;
  readonly lock: DirectoryLock;
}

/** @param opened - Gets every organization as soon as it is open, for the caller to close. */
async function openParts(
  paths: ConsortiumPaths,
  { organizations: wanted, clock = { now: Date.now } }: ConsortiumOptions,
  {
    lock,
    opened,
    chaincodeOf,
  }: {
    lock: DirectoryLock;
    opened: Organization[];
    chaincodeOf: ChaincodeFactory | undefined;
  },
): Promise<Parts> {
  const config = await readOrCreate(paths, {
    channel: DEFAULT_CHANNEL,
    organizations: validate(Organizations, wanted ?? DEFAULT_ORGANIZATIONS, 'the organizations'),
    now: clock.now(),
  });
  assertSame(config, wanted, paths);
  const organizations = new Map<MspId, Organization>();
  const revocations = (mspId: MspId): Organization['authority']['revoked'] => {
    const organization = organizations.get(mspId);
    if (organization === undefined) throw new TypeError(`${mspId} is not open`);
    return organization.authority.revoked;
  };
  for (const { mspId } of config.organizations) {
    const ofIt = paths.organization(mspId);
    const options = { paths: ofIt, config, clock, revocations, chaincodeOf };
    const organization = await Organization.open(mspId, options);
    opened.push(organization);
    organizations.set(mspId, organization);
  }
  const peers = opened.map(({ peer }) => peer);
  await bringLevel(peers);
  const channel = new Channel({ name: config.channel, peers, clock, endpoint: paths.root });
  if (peers.some(({ copy }) => copy.head.height === 0)) await channel.configure(config);
  const blobs = await UnixfsBlobStore.open({ directory: paths.blobs });
  return { config, organizations, channel, clock, blobs, lock };
}

function assertSame(
  { organizations }: ChannelConfig,
  wanted: readonly MspId[] | undefined,
  { root }: ConsortiumPaths,
): void {
  const existing = organizations.map(({ mspId }) => mspId);
  if (wanted === undefined || wanted.join() === existing.join()) return;
  const problem = `the consortium in ${root} is of ${existing.join(', ')}`;
  throw new EmrError('INPUT_INVALID', { what: 'the organizations', problem });
}

/** Makes the directory where it is missing. */
async function usable(directory: string): Promise<void> {
  try {
    await makeDirectory(directory);
  } catch (cause) {
    const problem = `it cannot be used (${errorCode(cause) ?? 'unknown cause'})`;
    throw new EmrError('INPUT_INVALID', { what: `the directory ${directory}`, problem }, { cause });
  }
}
