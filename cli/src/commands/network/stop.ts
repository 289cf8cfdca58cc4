/**
 * `emr network stop`: end a node or an organization's nodes, as for a drill.
 *
 * @module
 */
import { nodesToAct, stopNode, type StopOutcome } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { type FolderOptions, networkFolder, withFolderOption } from './network-folder.js';

interface StopOptions extends FolderOptions {
  readonly kill?: boolean;
}

const SAID: Readonly<Record<StopOutcome, string>> = {
  gone: 'did not run',
  stopped: 'stopped',
  killed: 'killed',
};

/** Makes the command for one call. */
export function stopCommand(host: Host): Command {
  return withFolderOption(new Command('stop'))
    .description('stop a node, or all nodes of an organization; it stays stopped until started')
    .argument('<node>', 'such as peer0.hospa, or an organization such as hospa')
    .option('--kill', 'at once, as a crash would')
    .action(async (name: string, options: StopOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const names = await nodesToAct(dir, name);
      const grace = options.kill === true ? { graceMs: 0 } : {};
      const nodes = await Promise.all(
        names.map(async (node) => ({ node, outcome: await stopNode(dir, node, grace) })),
      );
      const text = nodes.map(({ node, outcome }) => `${node} ${SAID[outcome]}`).join('\n');
      call.output.result({ nodes }, text);
    });
}
