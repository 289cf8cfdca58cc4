/**
 * `emr network status`: every node and how it is.
 *
 * @module
 */
import { status, supervisorReport } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { CliError } from '../../errors/cli-error.js';
import type { Host } from '../../host.js';
import { statusTable, supervisorLine } from '../../network-output/status-table.js';
import { type FolderOptions, networkFolder, withFolderOption } from './network-folder.js';

/** Makes the command for one call. */
export function statusCommand(host: Host): Command {
  return withFolderOption(new Command('status'))
    .description('list the nodes: role, organization, port, process, height, health')
    .addHelpText('after', '\nEnds with 7 where some node does not do its work.')
    .action(async (options: FolderOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const found = await status(dir, call.signal);
      const { pid, events } = await supervisorReport(dir);
      const restarts = events.filter(({ kind }) => kind === 'restarted').length;
      const supervisor = { pid, restarts };
      call.output.result(
        { ...found, supervisor },
        `${statusTable(found)}\n${supervisorLine(supervisor)}`,
      );
      const unwell = found.nodes.filter(
        ({ state }) => state === 'stopped' || state === 'unhealthy',
      );
      if (unwell.length === 0) return;
      const nodes = unwell.map(({ node }) => node);
      throw new CliError(
        'NETWORK_UNWELL',
        `not at work: ${String(nodes.length)} of ${String(found.nodes.length)} nodes`,
        {
          details: { nodes },
        },
      );
    });
}
