/**
 * A hospital of which nothing is left on its disks, made anew from what the others have.
 *
 * @module
 */
import type { SecretRef } from '@emr-share/gateway-client';
import {
  readConnectionProfile,
  readSiteFacts,
  type SeenUser,
  type SiteFacts,
} from '@emr-share/gateway-client/fabric';
import type { Replenished } from '@emr-share/gateway-client/kubo';
import {
  Department,
  Role,
  UserId,
  validate,
  type KeyGeneration,
  type MspId,
} from '@emr-share/model';
import {
  type AdminOptions,
  connectionProfiles,
  finishRestore,
  type OnProgress,
  restoreSite,
} from '@emr-share/network';
import * as v from 'valibot';
import { openFabricConsortium, type FabricConsortium } from '../consortium/fabric-consortium.js';
import { restoreCustody } from './restore-custody.js';
import { isActive, restoreUsers, type KnownUser, type RestoredUsers } from './restore-users.js';

export interface RestoreHospitalOptions extends AdminOptions {
  /** Folder for the users' one-time secrets. */
  readonly secrets: string;
  /** People whom no transaction shows, or who are something else now: instead of what is found. */
  readonly users?: readonly KnownUser[];
}

export interface HospitalReport {
  readonly organization: string;
  readonly mspId: MspId;
  /** Whether this finished a restore that had been begun. */
  readonly resumed: boolean;
  /** Blocks that the others gave back. */
  readonly blocks: number;
  readonly custodian: {
    readonly generation: KeyGeneration;
    /** Fragments and shares that it cannot open any more. */
    readonly lost: readonly SecretRef[];
  };
  readonly content: Replenished;
  readonly users: RestoredUsers;
}

const silent: OnProgress = () => undefined;

/** Pieces of work beyond those of {@link restoreSite}. */
const FURTHER_STEPS = 4;

function withFurtherSteps(onProgress: OnProgress): OnProgress {
  return (event) => {
    const { kind } = event;
    onProgress(kind === 'planned' ? { kind, steps: event.steps + FURTHER_STEPS } : event);
  };
}

/** Tells of a piece of work as of a step. */
async function step<T>(onProgress: OnProgress, title: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const named = { step: title, title };
  onProgress({ kind: 'started', ...named });
  const result = await work();
  onProgress({ kind: 'finished', ...named, ms: Date.now() - started });
  return result;
}

/** What the ledger says, read as an admin of another hospital. */
async function factsOf(
  consortium: FabricConsortium,
  mspId: MspId,
  signal: AbortSignal | undefined,
): Promise<{ facts: SiteFacts; other: MspId }> {
  const other = consortium.organizations.find((one) => one !== mspId);
  if (other === undefined) throw new TypeError('a network has another hospital');
  const { identity } = await consortium.admin(other);
  const [profile] = Object.values(await connectionProfiles(consortium.dir));
  const known = readConnectionProfile(JSON.stringify(profile));
  return { facts: await readSiteFacts(known, identity, { mspId, signal }), other };
}

function knownUser({ userId, role, department }: SeenUser): KnownUser {
  return {
    userId: validate(UserId, userId, 'the user ID'),
    role: validate(Role, role, 'the role'),
    department: validate(v.optional(Department), department, 'the department'),
  };
}

interface Choice {
  readonly users: readonly KnownUser[];
  readonly skipped: RestoredUsers['skipped'];
}

/** Whom the ledger shows and nobody has shut out; and whom the admin names, as named. */
async function chosen(
  seen: readonly SeenUser[],
  named: readonly KnownUser[],
  active: (userId: UserId) => Promise<boolean>,
): Promise<Choice> {
  const users = new Map<UserId, KnownUser>();
  const skipped: Choice['skipped'][number][] = [];
  const isNamed = (userId: UserId): boolean => named.some((user) => user.userId === userId);
  for (const user of seen.filter(({ userId }) => !isNamed(userId))) {
    const { userId } = user;
    if (user.isRevoked) skipped.push({ userId, reason: 'revoked' });
    else if (!(await active(userId))) skipped.push({ userId, reason: 'suspended' });
    else users.set(userId, knownUser(user));
  }
  for (const user of named) users.set(user.userId, user);
  return { users: [...users.values()], skipped };
}

/**
 * Restores a hospital: `restoreSite`, then a new custodian key, the copies of the records' content that
 * its store had, and its users at the new CA, with one-time secrets in files. Repeated after an
 * interruption, it goes on where it stopped.
 *
 * @param organization - its name in the topology, or its MSP ID
 * @throws NetworkError as `restoreSite`; EmrError what ledger and stores refuse with
 */
export async function restoreHospital(
  dir: string,
  organization: string,
  options: RestoreHospitalOptions,
): Promise<HospitalReport> {
  const { signal, secrets, users: named = [] } = options;
  const onProgress = withFurtherSteps(options.onProgress ?? silent);
  const site = await restoreSite(dir, organization, { ...options, onProgress });
  const { mspId, organization: name, resumed } = site;
  await using consortium = await openFabricConsortium(dir);
  const { facts, other } = await step(onProgress, 'Read what the ledger knows of it', () =>
    factsOf(consortium, mspId, signal),
  );
  const custodian = await step(onProgress, 'Go over to a new custodian key', () =>
    restoreCustody(consortium, mspId, signal),
  );
  const content = await step(onProgress, 'Copy the content that is on too few stores', () =>
    consortium.blobs.replenish(facts.contents, {
      signal,
      onProgress: ({ copiedBytes }) => {
        onProgress({ kind: 'bytes', what: 'content', doneBytes: copiedBytes });
      },
    }),
  );
  const users = await step(onProgress, 'Register its users at the new CA', async () => {
    const { identity } = await consortium.admin(other);
    const ledger = consortium.ledger(identity);
    const choice = await chosen(facts.users, named, (userId) => isActive(ledger, userId, signal));
    const restored = await restoreUsers(choice.users, { dir, organization: name, secrets, signal });
    return { ready: restored.ready, skipped: [...choice.skipped, ...restored.skipped] };
  });
  await finishRestore(dir, name);
  return { organization: name, mspId, resumed, blocks: facts.blocks, custodian, content, users };
}
