/**
 * `emr register`: get a certificate and be known to the consortium.
 *
 * @module
 */
import type { EmrClient } from '@emr-share/gateway-client';
import type { KeystoreUser } from '@emr-share/gateway-client/node';
import type { User } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../call.js';
import { certifiedKeystore } from '../data/certified-keystore.js';
import { keystoreDoor, withConnection, withNetwork } from '../data/open-client.js';
import type { Host } from '../host.js';
import { readSecret } from '../input/secret-file.js';
import { pairs } from '../output/table.js';

interface RegisterOptions {
  readonly enrolmentSecretFile?: string;
  readonly emergencyRule: boolean;
}

async function register(
  { signal }: Call,
  client: EmrClient,
  { role }: KeystoreUser,
  { emergencyRule }: RegisterOptions,
): Promise<User> {
  if (role !== 'patient') return client.identity.register({ role, signal });
  const emergency = emergencyRule ? undefined : false;
  return (await client.identity.enrolPatient({ signal, emergency })).user;
}

/** Makes the command for one call. */
export function registerCommand(host: Host): Command {
  return new Command('register')
    .description('get a certificate of your hospital, and put your public keys on the ledger')
    .addHelpText(
      'after',
      '\nA patient also publishes an access policy, a key for each category of records, and what emergency\nphysicians may open: emr emergency rule shows it.',
    )
    .option(
      '--enrolment-secret-file <file>',
      "with --profile: first line: the one-time secret that the hospital's admin gave you",
    )
    .option('--no-emergency-rule', '(patient) let nothing be opened in an emergency')
    .action(async (options: RegisterOptions, command: Command) => {
      const call = new Call(host, command);
      const { enrolmentSecretFile } = options;
      const secret =
        enrolmentSecretFile === undefined ? undefined : await readSecret(call, enrolmentSecretFile);
      const door = await keystoreDoor(call);
      const user = await withNetwork(call, async (network) => {
        const keystore = await certifiedKeystore(network, door, { secret });
        return withConnection(call, network, keystore, (client) =>
          register(call, client, keystore.facts.user, options),
        );
      });
      call.output.result(
        { user },
        `Registered:\n${pairs({ user: user.userId, role: user.role, organization: user.mspId })}`,
      );
    });
}
