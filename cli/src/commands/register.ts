/**
 * `emr register`: get a certificate and be known to the consortium.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto';
import type { EmrClient } from '@emr-share/gateway-client';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import type { User } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../call.js';
import {
  keystoreDoor,
  withConnection,
  withNetwork,
  type KeystoreDoor,
} from '../data/open-client.js';
import type { UserNetwork } from '../data/user-network.js';
import type { Host } from '../host.js';
import { readSecret } from '../input/secret-file.js';
import { pairs } from '../output/table.js';

interface RegisterOptions {
  readonly enrolmentSecretFile?: string;
}

function isValid(certificatePem: string): boolean {
  return Date.parse(new X509Certificate(certificatePem).validTo) > Date.now();
}

/**
 * The keystore with a certificate of the organization's CA in it; an expired one is renewed, and any
 * one replaced where the admin gave a secret for another.
 */
async function certified(
  network: UserNetwork,
  door: KeystoreDoor,
  secret: string | undefined,
): Promise<KeystoreFile> {
  const keystore = await door.open();
  const { certificatePem } = keystore.facts;
  const isGood = certificatePem !== undefined && isValid(certificatePem);
  if (isGood && secret === undefined) return keystore;
  await KeystoreFile.addCertificate(door.path, await network.certify(keystore, secret));
  return door.open();
}

async function register(call: Call, client: EmrClient, keystore: KeystoreFile): Promise<User> {
  const { role } = keystore.facts.user;
  if (role !== 'patient') return client.identity.register({ role, signal: call.signal });
  const { user } = await client.identity.enrolPatient({ signal: call.signal });
  return user;
}

/** Makes the command for one call. */
export function registerCommand(host: Host): Command {
  return new Command('register')
    .description('get a certificate of your hospital, and put your public keys on the ledger')
    .addHelpText(
      'after',
      '\nA patient also publishes an access policy and a key for each category of records.',
    )
    .option(
      '--enrolment-secret-file <file>',
      "with --profile: first line: the one-time secret that the hospital's admin gave you",
    )
    .action(async ({ enrolmentSecretFile }: RegisterOptions, command: Command) => {
      const call = new Call(host, command);
      const secret =
        enrolmentSecretFile === undefined ? undefined : await readSecret(call, enrolmentSecretFile);
      const door = await keystoreDoor(call);
      const user = await withNetwork(call, async (network) => {
        const keystore = await certified(network, door, secret);
        return withConnection(call, network, keystore, (client) =>
          register(call, client, keystore),
        );
      });
      call.output.result(
        { user },
        `Registered:\n${pairs({ user: user.userId, role: user.role, organization: user.mspId })}`,
      );
    });
}
