/**
 * `emr whoami`: whose keystore is used, and what stands in it in clear.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { KeystoreFile } from '@emr-share/gateway-client/node';
import { Command } from 'commander';
import { Call } from '../call.js';
import type { Host } from '../host.js';
import { localTime } from '../output/local-time.js';
import { pairs } from '../output/table.js';

/** Makes the command for one call. */
export function whoamiCommand(host: Host): Command {
  return new Command('whoami')
    .description('show the user whose keystore is used; needs no passphrase')
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      const keystore = call.data.keystoreOf(await call.user());
      const facts = await KeystoreFile.read(keystore);
      const { user, verifyingKey, readerKey, keyNumber = 0, certificatePem } = facts;
      const validUntil =
        certificatePem === undefined
          ? null
          : Date.parse(new X509Certificate(certificatePem).validTo);
      call.output.result(
        {
          ...user,
          keyNumber,
          verifyingKey,
          readerKey,
          certificateValidUntil: validUntil,
          keystore,
        },
        pairs({
          user: user.userId,
          role: user.role,
          organization: user.mspId,
          ...(user.department === undefined ? {} : { department: user.department }),
          'key number': String(keyNumber),
          'verifying key': verifyingKey,
          'reader key': readerKey,
          certificate:
            validUntil === null
              ? 'none yet; get one with: emr register'
              : `valid until ${localTime(validUntil)}`,
          keystore,
        }),
      );
    });
}
