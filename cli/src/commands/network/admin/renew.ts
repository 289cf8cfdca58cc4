/**
 * `emr network admin renew`: certificates before they end.
 *
 * @module
 */
import { renewCertificates } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import type { Host } from '../../../host.js';
import { PlanDisplay } from '../../../network-output/plan-display.js';
import { table } from '../../../output/table.js';
import { type FolderOptions, networkFolder, withFolderOption } from '../network-folder.js';

const HELP = `
Without a name: all certificates that end within 30 days; emr network doctor lists them.
What uses a certificate is started anew, one node after the other, so that the network goes on.
Orderers keep their keys, all others get new ones.
Signed by the organization's registrar; an orderer's certificate is put into the channel, signed by
the admins of a majority of the members.`;

/** Makes the command for one call. */
export function renewCommand(host: Host): Command {
  return withFolderOption(new Command('renew'))
    .description('renew certificates in the running network')
    .argument('[name]', 'a node such as peer0.hospa, or an identity such as admin.hospa')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, options: FolderOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const display = new PlanDisplay(host, call.output);
      const { onProgress } = display;
      const { signal } = call;
      const renewals = await renewCertificates(dir, name, { onProgress, signal }).finally(() => {
        display.stop();
      });
      const rows = renewals.map((renewal) => [renewal.name, renewal.expires.slice(0, 10)]);
      const nothing = 'No certificate ends within 30 days.';
      call.output.result({ renewals }, table(['renewed', 'expires'], rows, nothing));
    });
}
