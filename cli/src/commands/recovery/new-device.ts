/**
 * `emr recovery request` and `finish`: on the new device, whose keystore `emr init` has just made.
 *
 * @module
 */
import { KeyRecovery, type RecoveredKeys } from '@emr-share/gateway-client';
import type { KeystoreFile } from '@emr-share/gateway-client/node';
import { isRecoveryGoingOn } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { certifiedKeystore } from '../../data/certified-keystore.js';
import { keystoreDoor, withNetwork } from '../../data/open-client.js';
import type { UserNetwork } from '../../data/user-network.js';
import { CliError } from '../../errors/cli-error.js';
import type { Host } from '../../host.js';
import { readSecret } from '../../input/secret-file.js';
import { describeRecovery } from '../../output/recovery-text.js';
import { pairs } from '../../output/table.js';

interface RequestOptions {
  readonly enrolmentSecretFile?: string;
}

function recoveryOn(call: Call, network: UserNetwork, keystore: KeystoreFile): KeyRecovery {
  return new KeyRecovery({
    ledger: network.ledger(keystore.identity()),
    keyring: keystore.keyring,
    onWarning: (warning) => {
      call.output.warn(warning);
    },
  });
}

/** Makes the command for one call. */
export function requestCommand(host: Host): Command {
  return new Command('request')
    .description('(new device) ask for your lost keys; begins the waiting time')
    .option(
      '--enrolment-secret-file <file>',
      "with --profile: first line: the one-time secret that the hospital's admin gave you",
    )
    .action(async ({ enrolmentSecretFile }: RequestOptions, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const secret =
        enrolmentSecretFile === undefined ? undefined : await readSecret(call, enrolmentSecretFile);
      const door = await keystoreDoor(call);
      const { request, code } = await withNetwork(call, async (network) => {
        const keystore = await certifiedKeystore(network, door, { secret, isFurtherDevice: true });
        const recovery = recoveryOn(call, network, keystore);
        const made = await recovery.find({ signal });
        const asked =
          made !== null && isRecoveryGoingOn(made, Date.now())
            ? made
            : await recovery.request({ signal });
        return { request: asked, code: recovery.code };
      });
      call.output.result(
        { request, code },
        [
          describeRecovery(request, Date.now()),
          `Show this code to those who approve, in person: ${code}`,
          'Next, after the waiting time: emr recovery finish',
        ].join('\n'),
      );
    });
}

/** Makes the command for one call. */
export function finishCommand(host: Host): Command {
  return new Command('finish')
    .description('(new device) get your keys from those who approved, into this keystore')
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const door = await keystoreDoor(call);
      const keystore = await door.open();
      const facts = await withNetwork(call, async (network) => {
        const recovery = recoveryOn(call, network, keystore);
        const request = await recovery.find({ signal });
        if (request === null) {
          throw new CliError(
            'USAGE',
            'this device has asked for no recovery; ask with: emr recovery request',
          );
        }
        let adopted = keystore;
        const keep = async ({ seed, earlier }: RecoveredKeys): Promise<void> => {
          adopted = await door.adopt(seed, earlier);
          for (const secret of [seed, ...earlier]) secret.fill(0);
        };
        await recovery.finish(request.requestId, { keep, signal });
        return adopted.facts;
      });
      const { user, verifyingKey, readerKey } = facts;
      call.output.result(
        { ...user, verifyingKey, readerKey, keystore: door.path },
        `Your keys are back:\n${pairs({ user: user.userId, keystore: door.path })}`,
      );
    });
}
