/**
 * `emr network supervise`: look after a network in the foreground.
 *
 * @module
 */
import { supervise, type SupervisorEvent, supervisorEventText } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { localTime } from '../../output/local-time.js';
import { printable } from '../../output/printable.js';
import { type FolderOptions, networkFolder, withFolderOption } from './network-folder.js';

/** Makes the command for one call. */
export function superviseCommand(host: Host): Command {
  return withFolderOption(new Command('supervise'))
    .description('restart nodes that died or stand still, until interrupted; up starts one, too')
    .action(async (options: FolderOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const onEvent = (event: SupervisorEvent): void => {
        const now = Date.now();
        const line = call.output.isJson
          ? JSON.stringify({ at: new Date(now).toISOString(), ...event })
          : `${localTime(now)} ${printable(supervisorEventText(event))}`;
        host.stdout.write(`${line}\n`);
      };
      await supervise(dir, { signal: call.signal, onEvent });
    });
}
