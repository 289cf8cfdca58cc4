/**
 * `emr network admin revoke`: a user's certificates stop to count, on the whole channel.
 *
 * @module
 */
import {
  REVOCATION_REASONS,
  type Revocation,
  type RevocationReason,
  type RevocationTarget,
  revokeUser,
} from '@emr-share/network';
import { Command, Option } from 'commander';
import { Call } from '../../../call.js';
import { CliError } from '../../../errors/cli-error.js';
import type { Host } from '../../../host.js';
import { elapsed } from '../../../output/local-time.js';
import { networkFolder } from '../network-folder.js';
import { type OrganizationOptions, withOrganizationOption } from './user-options.js';

interface RevokeCommandOptions extends OrganizationOptions {
  readonly serial?: string;
  readonly reason: RevocationReason;
}

const HELP = `
Without --serial all certificates of the user are revoked, and the user cannot enrol again.
The organization's registrar asks its CA; its admin signs the channel's new revocation list.
Grants are another matter: the patient revokes those with emr revoke.`;

function targetOf(user: string | undefined, serial: string | undefined): RevocationTarget {
  if (serial === undefined && user !== undefined) return { userId: user };
  if (serial !== undefined && user === undefined) return { serial };
  throw new CliError('USAGE', 'name either a user or a certificate, with --serial');
}

function text({ userId, serials, alreadyRevoked, refusedAfterMs }: Revocation): string {
  const count = `${String(serials.length)} ${serials.length === 1 ? 'certificate' : 'certificates'}`;
  if (alreadyRevoked) return `${userId} had been revoked before (${count}); every peer refuses.`;
  return `Revoked ${count} of ${userId}; after ${elapsed(refusedAfterMs)} every peer refuses.`;
}

/** Makes the command for one call. */
export function revokeCommand(host: Host): Command {
  return withOrganizationOption(
    new Command('revoke').argument('[user]', 'ID at the CA; emr network admin users lists them'),
  )
    .description("revoke a user's certificates, and wait until every peer refuses them")
    .option('--serial <serial>', 'only the certificate with this serial number, hexadecimal')
    .addOption(
      new Option('--reason <reason>', 'why, for the records of the CA')
        .choices(REVOCATION_REASONS)
        .default('unspecified'),
    )
    .addHelpText('after', HELP)
    .action(async (user: string | undefined, options: RevokeCommandOptions, command: Command) => {
      const call = new Call(host, command);
      const target = targetOf(user, options.serial);
      const dir = await networkFolder(options, host);
      const { reason, org } = options;
      const report = await revokeUser(dir, org, target, { reason, signal: call.signal });
      call.output.result(report, text(report));
    });
}
