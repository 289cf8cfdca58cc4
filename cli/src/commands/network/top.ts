/**
 * `emr network top`: what the nodes are doing, second by second.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type NetworkVitals, networkVitals } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { type NodePace, paceBetween, vitalsTable } from '../../network-output/vitals-table.js';
import { localTime } from '../../output/local-time.js';
import { type FolderOptions, networkFolder, withFolderOption } from './network-folder.js';

interface TopOptions extends FolderOptions {
  readonly once?: boolean;
}

const INTERVAL_MS = 1_000;
const HOME_AND_CLEAR = '\u001b[H\u001b[J';

/** What happened in each second, until aborted. */
async function* paces(dir: string, signal: AbortSignal): AsyncGenerator<[number, NodePace[]]> {
  let before: NetworkVitals = await networkVitals(dir, signal);
  for (;;) {
    await delay(INTERVAL_MS, undefined, { signal });
    const now = await networkVitals(dir, signal);
    yield [now.at, paceBetween(before, now)];
    before = now;
  }
}

/** Makes the command for one call. */
export function topCommand(host: Host): Command {
  return withFolderOption(new Command('top'))
    .description('watch the nodes: height, blocks and transactions per second, leader, memory')
    .option('--once', 'one second, then end; also where the output is no terminal')
    .addHelpText('after', '\nWith --json and without --once: a line of JSON each second.')
    .action(async (options: TopOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const isTerminal = host.stdout.isTTY === true;
      const once = options.once === true || (!isTerminal && !call.output.isJson);
      for await (const [at, nodes] of paces(dir, call.signal)) {
        if (once) {
          call.output.result({ at, nodes }, vitalsTable(nodes));
          return;
        }
        const text = call.output.isJson
          ? JSON.stringify({ at, nodes })
          : `${HOME_AND_CLEAR}${localTime(at)}\n\n${vitalsTable(nodes)}`;
        host.stdout.write(`${text}\n`);
      }
    });
}
