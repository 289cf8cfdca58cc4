/**
 * `emr register`: get a certificate and be known to the consortium.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto';
import type { EmrClient } from '@emr-share/gateway-client';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import type { Consortium } from '@emr-share/embedded';
import type { User } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../call.js';
import {
  keystoreDoor,
  withConnection,
  withConsortium,
  type KeystoreDoor,
} from '../data/open-client.js';
import type { Host } from '../host.js';
import { pairs } from '../output/table.js';

function isValid(certificatePem: string): boolean {
  return Date.parse(new X509Certificate(certificatePem).validTo) > Date.now();
}

/** The keystore with a certificate of the organization's CA in it; an expired one is renewed. */
async function certified(consortium: Consortium, door: KeystoreDoor): Promise<KeystoreFile> {
  const keystore = await door.open();
  const { user, enrolmentKeyPem, certificatePem } = keystore.facts;
  if (certificatePem !== undefined && isValid(certificatePem)) return keystore;
  const { mspId, ...enrolment } = user;
  const enrolled = await consortium.enrol(mspId, { ...enrolment, publicKeyPem: enrolmentKeyPem });
  await KeystoreFile.addCertificate(door.path, enrolled.certificatePem);
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
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      const door = await keystoreDoor(call);
      const user = await withConsortium(call, async (consortium) => {
        const keystore = await certified(consortium, door);
        return withConnection(call, consortium, keystore, (client) =>
          register(call, client, keystore),
        );
      });
      call.output.result(
        { user },
        `Registered:\n${pairs({ user: user.userId, role: user.role, organization: user.mspId })}`,
      );
    });
}
