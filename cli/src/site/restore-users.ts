/**
 * The people of a restored hospital at its new CA, which knows nobody.
 *
 * @module
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ledger } from '@emr-share/gateway-client';
import { EmrError, type Role, type UserId } from '@emr-share/model';
import { NetworkError, registerUser } from '@emr-share/network';
import { fillSecretFile } from '../data/new-secret-file.js';

/** Whom to register. */
export interface KnownUser {
  readonly userId: UserId;
  readonly role: Role;
  readonly department?: string | undefined;
}

/** A user who can enrol. */
export interface ReadyUser extends KnownUser {
  /** With the one-time enrolment secret, mode 0600. */
  readonly secretFile: string;
}

/** Why somebody was not registered. */
export type SkipReason = 'revoked' | 'suspended' | 'known';

export interface RestoredUsers {
  readonly ready: readonly ReadyUser[];
  readonly skipped: readonly { readonly userId: UserId; readonly reason: SkipReason }[];
}

export interface RestoreUsersOptions {
  readonly dir: string;
  /** The hospital's name in the topology. */
  readonly organization: string;
  /** Folder for the secrets, one file for each user; made where it is missing. */
  readonly secrets: string;
  readonly signal?: AbortSignal | undefined;
}

/** Whether the ledger still calls the user a user. */
export async function isActive(
  ledger: Ledger,
  userId: UserId,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    const { status } = await ledger.evaluate('registry:GetUser', { userId }, { signal });
    return status === 'active';
  } catch (error) {
    if (EmrError.is(error, 'USER_NOT_FOUND')) return true;
    throw error;
  }
}

/** What an earlier call left: a secret, a file without one, or nothing. */
async function leftBehind(path: string): Promise<'secret' | 'empty' | null> {
  try {
    return (await readFile(path, 'utf8')) === '' ? 'empty' : 'secret';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Registers a user and writes the secret; one who has a secret from an earlier call keeps it.
 *
 * @returns whether there is a secret; not for one whom the CA knows, and who may have enrolled
 */
async function ready(
  user: KnownUser,
  secretFile: string,
  { dir, organization, signal }: RestoreUsersOptions,
): Promise<boolean> {
  const before = await leftBehind(secretFile);
  if (before === 'secret') return true;
  if (before === 'empty') await rm(secretFile);
  const again = before === 'empty'; // cut off between the CA and the file
  try {
    await fillSecretFile(secretFile, async () => {
      const ticket = await registerUser(dir, organization, user, { again, signal });
      return { content: `${ticket.enrolmentSecret}\n` };
    });
    return true;
  } catch (error) {
    if (NetworkError.is(error, 'USER_KNOWN')) return false;
    throw error;
  }
}

/**
 * Registers users with one-time secrets. Harmless to repeat.
 *
 * @throws NetworkError as `registerUser`; CliError `FILE_UNWRITABLE`
 */
export async function restoreUsers(
  users: readonly KnownUser[],
  options: RestoreUsersOptions,
): Promise<RestoredUsers> {
  await mkdir(options.secrets, { recursive: true, mode: 0o700 });
  const answer: { ready: ReadyUser[]; skipped: RestoredUsers['skipped'][number][] } = {
    ready: [],
    skipped: [],
  };
  for (const user of users) {
    options.signal?.throwIfAborted();
    const secretFile = join(options.secrets, `${user.userId}.secret`);
    if (await ready(user, secretFile, options)) answer.ready.push({ ...user, secretFile });
    else answer.skipped.push({ userId: user.userId, reason: 'known' });
  }
  return answer;
}
