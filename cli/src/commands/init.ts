/**
 * `emr init`: make a keystore.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import { Department, EmrError, ROLES, UserId, type MspId, type Role } from '@emr-share/model';
import { Command, Option } from 'commander';
import { Call } from '../call.js';
import { ORGANIZATIONS } from '../data/organizations.js';
import type { Host } from '../host.js';
import { matching } from '../input/option-value.js';
import { pairs } from '../output/table.js';

interface InitOptions {
  readonly role: Role;
  readonly organization: MspId;
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

async function init(call: Call, userId: UserId, options: InitOptions): Promise<KeystoreFile> {
  const path = call.data.keystoreOf(userId);
  await call.data.prepare();
  await assertNew(path);
  const passphrase = await call.passphrases.choose(userId);
  const { role, organization: mspId, department } = options;
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
    .addOption(
      new Option('--organization <msp>', 'the hospital whose CA enrols the user')
        .choices(ORGANIZATIONS)
        .default(ORGANIZATIONS[0]),
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
