/**
 * `emr keys rotate`: new keys for the keystore's user.
 *
 * @module
 */
import type { RotatedKeys } from '@emr-share/gateway-client';
import { Command, Option } from 'commander';
import { Call } from '../../call.js';
import { enrolled, keystoreDoor, withConnection, withNetwork } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { localTime } from '../../output/local-time.js';

interface RotateOptions {
  readonly grants: 'keep' | 'end';
}

const AFTER = `
From now on nothing is accepted that your former keys sign, and nothing is filed under them.
Whoever has read your keystore can still open what was filed before.
Calling again after a failure finishes what is missing.`;

function describe({ user, ended, recoverable }: RotatedKeys, path: string): string {
  const { userId, role, keyNumber = 0, keysSince = 0 } = user;
  const lines = [
    `Keys number ${String(keyNumber)} of ${userId} are in force since ${localTime(keysSince)}.`,
    `The keystore has them, and the former ones for what is under those: ${path}`,
    'Copy it to your other devices: their keystores are of no use any more.',
  ];
  if (ended.length > 0) lines.push(`Grants ended: ${ended.join(', ')}`);
  if (role === 'patient') {
    lines.push(
      recoverable
        ? 'The recovery plan was made anew, with the same custodians.'
        : 'There is no recovery plan; make one with: emr recovery plan',
    );
  }
  return lines.join('\n');
}

/** Makes the command for one call. */
export function rotateCommand(host: Host): Command {
  return new Command('rotate')
    .description('put new keys in the place of yours; you stay the same user')
    .addOption(
      new Option('--grants <choice>', '(patient) what becomes of the grants that you have given')
        .choices(['keep', 'end'])
        .default('keep'),
    )
    .addHelpText('after', AFTER)
    .action(async ({ grants }: RotateOptions, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const door = await keystoreDoor(call);
      const keystore = await enrolled(door);
      const rotated = await withNetwork(call, (network) =>
        withConnection(call, network, keystore, (client) =>
          client.keys.rotate({ grants, store: door.rotation(), signal }),
        ),
      );
      const { user, ended, recoverable } = rotated;
      call.output.result(
        { user, ended, recoverable, keystore: door.path },
        describe(rotated, door.path),
      );
    });
}
