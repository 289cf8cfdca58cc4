/**
 * `emr network logs`: what a node says.
 *
 * @module
 */
import { followLog, nodeLog } from '@emr-share/network';
import { Command, InvalidArgumentError } from 'commander';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { printable } from '../../output/printable.js';
import { type FolderOptions, networkFolder, withFolderOption } from './network-folder.js';

interface LogsOptions extends FolderOptions {
  readonly lines: number;
  readonly follow?: boolean;
}

const MAX_LINES = 100_000;

function parseLines(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) <= MAX_LINES) return Number(text);
  throw new InvalidArgumentError(`It is a whole number, ${String(MAX_LINES)} at most.`);
}

/** Makes the command for one call. */
export function logsCommand(host: Host): Command {
  return withFolderOption(new Command('logs'))
    .description("show the end of a node's log")
    .argument('<node>', 'such as peer0.hospa; emr network status lists them')
    .option('-n, --lines <count>', 'how many lines', parseLines, 100)
    .option('-f, --follow', 'go on until interrupted')
    .action(async (node: string, options: LogsOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const { path, lines } = await nodeLog(dir, node, options.lines);
      call.output.result({ node, path, lines }, printable(lines.join('\n')));
      if (options.follow !== true || call.output.isJson) return;
      for await (const line of followLog(dir, node, call.signal)) {
        host.stdout.write(`${printable(line)}\n`);
      }
    });
}
