/**
 * What one process runs of a consortium's directory: the lock, the organizations, their channel.
 *
 * @module
 */
import './endorsement/shim.js';
import { EmrError, MspId, validate, type UnixMillis } from '@emr-share/model';
import * as v from 'valibot';
import { adminUserId } from './admin-user-id.js';
import { errorCode, makeDirectory } from './blobs/durable-directory.js';
import type { RevocationList } from './ca/revocation-list.js';
import { Channel } from './channel.js';
import { readOrCreate } from './consortium-file.js';
import { ConsortiumPaths } from './consortium-paths.js';
import { DirectoryLock } from './directory-lock.js';
import { bringLevel } from './ledger/catch-up.js';
import type { ChannelConfig } from './msp/channel-config.js';
import { Organization, type ChaincodeFactory } from './organization.js';

const CHANNEL = 'emr';
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

export interface DeploymentOptions {
  /** Created when missing. One process at a time may open it. */
  readonly directory: string;
  /** MSP IDs; default HospAMSP, HospBMSP and HospCMSP. Of an existing consortium: the same ones. */
  readonly organizations?: readonly MspId[] | undefined;
  /** The clock of all organizations and of the clients in this process; default the system's. */
  readonly clock?: { now(): UnixMillis } | undefined;
  /** How long to wait while another process has the directory open; default 5000. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Makes an organization's chaincode; default the real one. For tests. */
  readonly chaincodeOf?: ChaincodeFactory | undefined;
}

/** Organizations and their channel, recovered and level. */
export class Deployment {
  readonly paths: ConsortiumPaths;
  readonly config: ChannelConfig;
  readonly clock: { now(): UnixMillis };
  readonly channel: Channel;
  readonly organizations: readonly Organization[];
  readonly #lock: DirectoryLock;
  #closed: Promise<void> | null = null;

  private constructor(parts: Parts) {
    this.paths = parts.paths;
    this.config = parts.config;
    this.clock = parts.clock;
    this.channel = parts.channel;
    this.organizations = parts.organizations;
    this.#lock = parts.lock;
  }

  /**
   * Opens the consortium in a directory; makes it at the first time. Recovers from a kill.
   *
   * @throws EmrError `LEDGER_BUSY`, `LEDGER_CORRUPT`, `INPUT_INVALID`.
   */
  static async open(options: DeploymentOptions): Promise<Deployment> {
    const { directory, clock = { now: Date.now }, waitMs = DEFAULT_WAIT_MS, signal } = options;
    const paths = new ConsortiumPaths(directory);
    await makeUsable(directory);
    const lock = await DirectoryLock.acquire(paths.lock, directory, { waitMs, signal });
    const organizations: Organization[] = [];
    try {
      const config = await configOf(paths, options.organizations, clock.now());
      await openOrganizations(organizations, { paths, config, clock, options });
      const peers = organizations.map(({ peer }) => peer);
      await bringLevel(peers);
      const channel = new Channel({ name: config.channel, peers, clock, endpoint: directory });
      if (peers.some(({ copy }) => copy.head.height === 0)) await channel.configure(config);
      return new Deployment({ paths, config, clock, channel, organizations, lock });
    } catch (error) {
      await Promise.all(organizations.map((organization) => organization.close()));
      await lock.release();
      throw error;
    }
  }

  /** @throws EmrError `INPUT_INVALID` for one that is not in the channel. */
  organization(mspId: MspId): Organization {
    const organization = this.organizations.find((one) => one.mspId === mspId);
    if (organization !== undefined) return organization;
    const names = this.organizations.map((one) => one.mspId).join(', ');
    const problem = `expected one of ${names}`;
    throw new EmrError('INPUT_INVALID', { what: 'the organization', problem });
  }

  /** Waits for what has been ordered, and lets the directory go. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.channel.close();
    await Promise.all(this.organizations.map((organization) => organization.close()));
    await this.#lock.release();
  }
}

interface Parts {
  readonly paths: ConsortiumPaths;
  readonly config: ChannelConfig;
  readonly clock: { now(): UnixMillis };
  readonly channel: Channel;
  readonly organizations: readonly Organization[];
  readonly lock: DirectoryLock;
}

async function configOf(
  paths: ConsortiumPaths,
  wanted: readonly MspId[] | undefined,
  now: UnixMillis,
): Promise<ChannelConfig> {
  const organizations = validate(
    Organizations,
    wanted ?? DEFAULT_ORGANIZATIONS,
    'the organizations',
  );
  const config = await readOrCreate(paths, { channel: CHANNEL, organizations, now });
  const existing = config.organizations.map(({ mspId }) => mspId);
  if (wanted === undefined || wanted.join() === existing.join()) return config;
  const problem = `the consortium in ${paths.root} is of ${existing.join(', ')}`;
  throw new EmrError('INPUT_INVALID', { what: 'the organizations', problem });
}

/** Adds to `organizations` as they open, so that the caller can close those after a failure. */
async function openOrganizations(
  organizations: Organization[],
  {
    paths,
    config,
    clock,
    options,
  }: Pick<Parts, 'paths' | 'config' | 'clock'> & {
    readonly options: DeploymentOptions;
  },
): Promise<void> {
  const revocations = (mspId: MspId): RevocationList => {
    const organization = organizations.find((one) => one.mspId === mspId);
    if (organization === undefined) throw new TypeError(`${mspId} is not open`);
    return organization.authority.revoked;
  };
  const { chaincodeOf } = options;
  for (const { mspId } of config.organizations) {
    const own = paths.organization(mspId);
    organizations.push(
      await Organization.open(mspId, { paths: own, config, clock, revocations, chaincodeOf }),
    );
  }
}

/** Makes the directory where it is missing. */
async function makeUsable(directory: string): Promise<void> {
  try {
    await makeDirectory(directory);
  } catch (cause) {
    const problem = `it cannot be used (${errorCode(cause) ?? 'unknown cause'})`;
    throw new EmrError('INPUT_INVALID', { what: `the directory ${directory}`, problem }, { cause });
  }
}
