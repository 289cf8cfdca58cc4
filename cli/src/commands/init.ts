/**
 * `emr init`: make a keystore.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import { Department, EmrError, MspId, ROLES, UserId, type Role } from '@emr-share/model';
import { Command, Option } from 'commander';
import { Call } from '../call.js';
import { ORGANIZATIONS } from '../data/organizations.js';
import { readProfile } from '../data/profile-network.js';
import { CliError } from '../errors/cli-error.js';
import type { Host } from '../host.js';
import { matching } from '../input/option-value.js';
import { pairs } from '../output/table.js';

interface InitOptions {
  readonly role: Role;
  readonly organization?: MspId;
  readonly department?: string;
}

/** A user ID that says nothing about the person. */
function pseudonym(role: Role): UserId {
  return `${role}-${randomBytes(4).toString('hex')}`;
}

async function assertNew(path: string): Promise<void> {
  try {
    await KeystoreFile.read(path);
  } catch (error) {
    if (EmrError.is(error, 'KEYSTORE_NOT_FOUND')) return;
    throw error;
  }
  throw new EmrError('KEYSTORE_EXISTS', { path });
}

/** Those whose CA a user can be enrolled at from here. */
async function organizationsHere({ profile }: Call): Promise<readonly MspId[]> {
  return profile === undefined ? ORGANIZATIONS : [(await readProfile(profile)).mspId];
}

/** The one named, else the first there is. */
async function organizationOf(call: Call, named: MspId | undefined): Promise<MspId> {
  const here = await organizationsHere(call);
  const mspId = named ?? here[0] ?? '';
  if (here.includes(mspId)) return mspId;
  const where = call.profile ?? 'the embedded consortium';
  const message = `nobody of ${mspId} can be enrolled here; ${where} has: ${here.join(', ')}`;
  throw new CliError('USAGE', message, { details: { organizations: here } });
}

async function init(call: Call, userId: UserId, options: InitOptions): Promise<KeystoreFile> {
  const path = call.data.keystoreOf(userId);
  const mspId = await organizationOf(call, options.organization);
  await call.data.prepare();
  await assertNew(path);
  const passphrase = await call.passphrases.choose(userId);
  const { role, department } = options;
  return KeystoreFile.create(path, {
    userId,
    mspId,
    role,
    passphrase,
    ...(department === undefined ? {} : { department }),
  });
}

/** Makes the command for one call. */
export function initCommand(host: Host): Command {
  return new Command('init')
    .description('make a keystore for a new user: keys of its own under a passphrase')
    .argument(
      '[user]',
      'pseudonymous user ID, no personal data (default: --as, else a random one)',
      matching(UserId, '3 to 64 of a–z, 0–9, dot, underscore and hyphen'),
    )
    .addOption(new Option('--role <role>', 'what the user is').choices(ROLES).default('patient'))
    .option(
      '--organization <msp>',
      `the hospital whose CA enrols the user (default: that of the profile, else ${ORGANIZATIONS[0]})`,
      matching(MspId, 'an MSP ID such as HospAMSP'),
    )
    .option(
      '--department <name>',
      'the department in the certificate',
      matching(Department, '1 to 64 of a–z, 0–9 and hyphen'),
    )
    .action(async (user: UserId | undefined, options: InitOptions, command: Command) => {
      const call = new Call(host, command);
      const userId = user ?? call.namedUser() ?? pseudonym(options.role);
      const { facts, path } = await init(call, userId, options);
      const { verifyingKey, readerKey } = facts;
      call.output.result(
        { ...facts.user, verifyingKey, readerKey, keystore: path },
        [
          pairs({
            user: userId,
            role: facts.user.role,
            organization: facts.user.mspId,
            keystore: path,
          }),
          'Keep a copy of the keystore: nobody can open your records without it and its passphrase.',
          'Next: emr register',
        ].join('\n'),
      );
    });
}
