/**
 * `emr network down`: end the network's processes.
 *
 * @module
 */
import { down } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { type FolderOptions, networkFolder, withFolderOption } from './network-folder.js';

interface DownCommandOptions extends FolderOptions {
  readonly purge?: boolean;
}

/** Makes the command for one call. */
export function downCommand(host: Host): Command {
  return withFolderOption(new Command('down'))
    .description('end all processes of the network; its ledgers and keys stay')
    .option('--purge', 'also delete its folder: ledgers, keys, content, everything')
    .action(async (options: DownCommandOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const purge = options.purge === true;
      const nodes = await down(dir, { purge, signal: call.signal });
      const ended = nodes.filter(({ outcome }) => outcome !== 'gone').length;
      const killed = nodes.filter(({ outcome }) => outcome === 'killed').map(({ node }) => node);
      const hard =
        killed.length === 0 ? '' : `; killed, for they did not obey: ${killed.join(', ')}`;
      const kept = purge ? `${dir} is deleted.` : `What they hold stays in ${dir}.`;
      call.output.result(
        { dir, purged: purge, nodes },
        `${String(ended)} nodes ended${hard}. ${kept}`,
      );
    });
}
