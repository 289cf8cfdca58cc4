/**
 * `emr network admin add-organization`: one more hospital on the running channel.
 *
 * @module
 */
import { addOrganization, loadTopology } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import { foundConsortium, openFabricConsortium } from '../../../consortium/index.js';
import type { Host } from '../../../host.js';
import { PlanDisplay } from '../../../network-output/plan-display.js';
import { pairs } from '../../../output/table.js';
import { parsePort } from '../port-option.js';
import { type FolderOptions, networkFolder, withFolderOption } from '../network-folder.js';

interface AddOrganizationOptions extends FolderOptions {
  readonly topology: string;
  readonly basePort?: number;
}

const HELP = `
The topology file is the one that the network runs by, with one hospital more at its end:
  - { name: hospd, mspId: HospDMSP, kind: hospital, orderer: false }
It brings no orderer: a fifth one would not let BFT ordering survive one more failure.
Signed by the admins of a majority of the members; repeat it after an interruption.`;

/** Makes the command for one call. */
export function addOrganizationCommand(host: Host): Command {
  return withFolderOption(new Command('add-organization'))
    .description('take a further hospital into the running channel')
    .requiredOption('--topology <file>', 'topology file with the further hospital')
    .option('--base-port <port>', 'where the network was brought up with one', parsePort)
    .addHelpText('after', HELP)
    .action(async (options: AddOrganizationOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const { basePort } = options;
      const ports = basePort === undefined ? {} : { basePort };
      const topology = await loadTopology(options.topology, ports);
      const display = new PlanDisplay(host, call.output);
      const { onProgress } = display;
      const { signal } = call;
      const added = await addOrganization(dir, topology, { onProgress, signal }).finally(() => {
        display.stop();
      });
      await using consortium = await openFabricConsortium(dir);
      await foundConsortium(consortium, signal);
      const { organization, mspId, endorsement } = added;
      const facts = { organization, msp: mspId, 'endorsed by': endorsement };
      call.output.result(added, `A member of the channel:\n${pairs(facts)}`);
    });
}
