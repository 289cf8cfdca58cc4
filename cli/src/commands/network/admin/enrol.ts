/**
 * `emr network admin enrol`: a service's key and certificate, made here.
 *
 * @module
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UserId } from '@emr-share/model';
import { enrolUser } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import type { Host } from '../../../host.js';
import { pairs } from '../../../output/table.js';
import { networkFolder } from '../network-folder.js';
import { fillSecretFile } from '../../../data/new-secret-file.js';
import { registrationOf, type UserOptions, withUserOptions } from './user-options.js';

interface EnrolCommandOptions extends UserOptions {
  readonly out: string;
}

const HELP = `
For services on the administrator's machines. People enrol on their own devices: see register.
Signed by the organization's registrar.`;

async function enrol(
  userId: UserId,
  options: EnrolCommandOptions,
  call: Call,
): Promise<{ mspId: string; key: string; certificate: string }> {
  const dir = await networkFolder(options, call.host);
  const { again = false, out } = options;
  const [key, certificate] = [join(out, 'key.pem'), join(out, 'certificate.pem')];
  await mkdir(out, { recursive: true, mode: 0o700 });
  const { mspId } = await fillSecretFile(key, async () => {
    const user = registrationOf(userId, options);
    const enrolled = await enrolUser(dir, options.org, user, { again, signal: call.signal });
    await rm(certificate, { force: true }); // of a key that is not there any more
    await writeFile(certificate, enrolled.certificate, { mode: 0o644 });
    return { mspId: enrolled.mspId, content: enrolled.key };
  });
  return { mspId, key, certificate };
}

/** Makes the command for one call. */
export function enrolCommand(host: Host): Command {
  return withUserOptions(new Command('enrol'))
    .description('make a key for a service here, and get its certificate')
    .requiredOption('--out <dir>', 'folder for key.pem (mode 0600) and certificate.pem')
    .addHelpText('after', HELP)
    .action(async (userId: UserId, options: EnrolCommandOptions, command: Command) => {
      const call = new Call(host, command);
      const { mspId, key, certificate } = await enrol(userId, options, call);
      const { role } = options;
      call.output.result(
        { userId, mspId, role, key, certificate },
        `Enrolled:\n${pairs({ user: userId, role, organization: mspId, key, certificate })}`,
      );
    });
}
