/**
 * `emr keys show`: the keys that the user has had, as the organizations have them.
 *
 * @module
 */
import type { KeyFacts } from '@emr-share/gateway-client';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { localTime } from '../../output/local-time.js';
import { table } from '../../output/table.js';

/** Enough of a key to tell it from others: its first eight bytes. */
const PRINT_DIGITS = 16;

function describe(history: readonly KeyFacts[]): string {
  const newest = history.length - 1;
  const rows = history.map(({ number, since, verifyingKey, readerKey }) => [
    String(number),
    localTime(since),
    verifyingKey.slice(0, PRINT_DIGITS),
    readerKey.slice(0, PRINT_DIGITS),
    number === newest ? 'in force' : 'replaced',
  ]);
  return table(['number', 'since', 'verifying key', 'reader key', ''], rows, '');
}

/** Makes the command for one call. */
export function showCommand(host: Host): Command {
  return new Command('show')
    .description('list the keys that you have had, and since when each is in force')
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      const keys = await withClient(call, (client) => client.keys.history({ signal: call.signal }));
      call.output.result({ keys }, describe(keys));
    });
}
