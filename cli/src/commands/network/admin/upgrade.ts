/**
 * `emr network admin upgrade`: another version of the contract, without stopping reads.
 *
 * @module
 */
import { upgradeContract } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import type { Host } from '../../../host.js';
import { PlanDisplay } from '../../../network-output/plan-display.js';
import { type FolderOptions, networkFolder, withFolderOption } from '../network-folder.js';

const HELP = `
Services of the new version start beside the old ones, hospital after hospital; every hospital's
admin approves it as the next sequence; the old services end when no peer needs them any more.
Repeat it with the same version after an interruption.
Signed by the admin of every hospital.`;

/** Makes the command for one call. */
export function upgradeCommand(host: Host): Command {
  return withFolderOption(new Command('upgrade'))
    .description('go over to another version of the contract while the network is in use')
    .argument('<version>', 'the new version, such as 1.1')
    .addHelpText('after', HELP)
    .action(async (version: string, options: FolderOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const display = new PlanDisplay(host, call.output);
      const { onProgress } = display;
      const { signal } = call;
      const report = await upgradeContract(dir, version, { onProgress, signal }).finally(() => {
        display.stop();
      });
      const { before, now } = report;
      const text = `Contract ${now.name} runs in version ${now.version}, sequence ${String(now.sequence)} (before: ${before.version}, ${String(before.sequence)}).`;
      call.output.result(report, text);
    });
}
