/**
 * `emr network admin register`: make a user known to the organization's CA.
 *
 * @module
 */
import type { UserId } from '@emr-share/model';
import { type EnrolmentTicket, registerUser } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import { CliError } from '../../../errors/cli-error.js';
import type { Host } from '../../../host.js';
import { networkFolder } from '../network-folder.js';
import { fillSecretFile } from '../../../data/new-secret-file.js';
import { registrationOf, type UserOptions, withUserOptions } from './user-options.js';

interface RegisterCommandOptions extends UserOptions {
  readonly secretFile?: string;
}

const HELP = `
The secret is good for one enrolment, on the user's own device, where the private key stays.
It is written to --secret-file (mode 0600), or shown once on a terminal; nowhere else.
Signed by the organization's registrar.`;

async function register(
  userId: UserId,
  options: RegisterCommandOptions,
  call: Call,
): Promise<EnrolmentTicket> {
  const dir = await networkFolder(options, call.host);
  const { again = false, secretFile } = options;
  const ask = (): Promise<EnrolmentTicket> =>
    registerUser(dir, options.org, registrationOf(userId, options), { again, signal: call.signal });
  if (secretFile === undefined) return ask();
  return fillSecretFile(secretFile, async () => {
    const ticket = await ask();
    return { ...ticket, content: `${ticket.enrolmentSecret}\n` };
  });
}

/** What became of the user, and for whom the secret is; the secret itself only on a terminal. */
function text(
  { userId, mspId, enrolmentSecret, before }: EnrolmentTicket,
  { role, secretFile }: RegisterCommandOptions,
): string {
  const was = before === undefined ? '' : `, known before as ${before.role ?? 'no role'}`;
  const where = secretFile === undefined ? enrolmentSecret : `in ${secretFile}`;
  return `Registered ${userId} at ${mspId} as ${role}${was}.\nOne-time enrolment secret: ${where}`;
}

/** Makes the command for one call. */
export function registerCommand(host: Host): Command {
  return withUserOptions(new Command('register'))
    .description("make a user known to an organization's CA, with a one-time enrolment secret")
    .option('--secret-file <file>', 'where to write the secret (default: shown on a terminal)')
    .addHelpText('after', HELP)
    .action(async (userId: UserId, options: RegisterCommandOptions, command: Command) => {
      const call = new Call(host, command);
      const { secretFile } = options;
      if (secretFile === undefined && (call.output.isJson || host.stdout.isTTY !== true)) {
        const message = 'the secret is shown on a terminal only; name a file with --secret-file';
        throw new CliError('USAGE', message);
      }
      const ticket = await register(userId, options, call);
      const { role } = options;
      const { mspId, before = null } = ticket;
      call.output.result(
        { userId, mspId, role, before, secretFile: secretFile ?? null },
        text(ticket, options),
      );
    });
}
