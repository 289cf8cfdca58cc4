/**
 * `emr verify`: check every organization's copy of the ledger.
 *
 * @module
 */
import { Command } from 'commander';
import { Call } from '../call.js';
import { withConsortium } from '../data/open-client.js';
import type { Host } from '../host.js';
import { table } from '../output/table.js';

const TITLES = ['organization', 'blocks', 'transactions', 'last block', 'result'];
const HASH_DIGITS = 16;

/** Makes the command for one call. */
export function verifyCommand(host: Host): Command {
  return new Command('verify')
    .description("check every organization's copy of the ledger from its first block on")
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      const report = await withConsortium(call, (consortium) =>
        consortium.verify({ signal: call.signal }),
      );
      const rows = report.organizations.map(({ mspId, height, transactions, headSha256 }) => [
        mspId,
        String(height),
        String(transactions),
        headSha256.slice(0, HASH_DIGITS),
        'sound',
      ]);
      call.output.result(report, table(TITLES, rows, ''));
    });
}
