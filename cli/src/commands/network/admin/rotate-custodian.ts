/**
 * `emr network admin rotate-custodian`: an organization goes over to a new custodian key.
 *
 * @module
 */
import {
  rotateCustodian,
  type RotationProgress,
  type RotationReport,
  type SecretRef,
} from '@emr-share/gateway-client';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import { openFabricConsortium } from '../../../consortium/fabric-consortium.js';
import type { Host } from '../../../host.js';
import { type FolderOptions, networkFolder, withFolderOption } from '../network-folder.js';
import { hospitalHere } from './hospitals-here.js';
import { counted } from '../../../output/counted.js';

const HELP = `
The contract service holds the custodian key; patients seal the organization's fragments to it. This
makes a new one, seals the fragments of every grant in force to it, and destroys the old one: what was
purged before, and whatever copies of it the disks still have, can never be opened again. Fragments
can be read and deposited meanwhile. Cut off at any step, the same command finishes.
Backups and snapshots that hold the old key open what was purged: destroy those too.`;

const STEPS: Readonly<Record<RotationProgress['step'], string>> = {
  publish: 'publishing the new key',
  reseal: 'sealing fragments to the new key',
  retire: 'retiring the old key',
  destroy: 'destroying the old key',
};

/** The grant or plan that the patient has to make anew. */
function ownerOf(ref: SecretRef): string {
  if ('grantId' in ref) return `grant ${ref.grantId}`;
  return 'audienceId' in ref ? `audience grant ${ref.audienceId}` : `recovery plan ${ref.planId}`;
}

function text({
  mspId,
  generation,
  resumed,
  resealed,
  unreadable,
  destroyed,
}: RotationReport): string {
  const lines = [
    `${mspId} has custodian key ${String(generation)}; ${counted(resealed, 'fragment or share', 'fragments and shares')} sealed to it.`,
    ...(resumed ? ['This finished a rotation that had been begun.'] : []),
    destroyed.length === 0
      ? 'There was no older key to destroy.'
      : `Destroyed: key ${destroyed.join(', ')}. What was purged cannot be opened any more.`,
  ];
  if (unreadable.length > 0) {
    const owners = [...new Set(unreadable.map(ownerOf))].join(', ');
    lines.push(
      `${String(unreadable.length)} opened with no key, before either; their patients must make them anew: ${owners}`,
    );
  }
  return lines.join('\n');
}

/** Makes the command for one call. */
export function rotateCustodianCommand(host: Host): Command {
  return withFolderOption(
    new Command('rotate-custodian').argument(
      '<organization>',
      'whose key, such as hospa or HospAMSP',
    ),
  )
    .description("change an organization's custodian key, and destroy the old one")
    .addHelpText('after', HELP)
    .action(async (organization: string, options: FolderOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const mspId = await hospitalHere(dir, organization);
      await using consortium = await openFabricConsortium(dir);
      const { identity } = await consortium.admin(mspId);
      let announced: string | undefined;
      const report = await rotateCustodian({
        ledger: consortium.ledger(identity),
        keys: await consortium.custodianKeys(mspId),
        signal: call.signal,
        onProgress: ({ step }) => {
          if (step !== announced) call.output.note(STEPS[step]);
          announced = step;
        },
      });
      call.output.result(report, text(report));
    });
}
