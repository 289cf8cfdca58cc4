/**
 * `emr network start`: start what was stopped.
 *
 * @module
 */
import { nodesToAct, startNode, waitTakingPart } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { type FolderOptions, networkFolder, withFolderOption } from './network-folder.js';

/** Makes the command for one call. */
export function startCommand(host: Host): Command {
  return withFolderOption(new Command('start'))
    .description(
      'start a node, or all nodes of an organization, and wait until healthy and in step',
    )
    .argument('<node>', 'such as peer0.hospa, or an organization such as hospa')
    .action(async (name: string, options: FolderOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const nodes = await nodesToAct(dir, name);
      await Promise.all(nodes.map((node) => startNode(dir, node, { signal: call.signal })));
      await waitTakingPart(dir, nodes, { signal: call.signal });
      call.output.result({ nodes }, nodes.map((node) => `${node} is healthy`).join('\n'));
    });
}
