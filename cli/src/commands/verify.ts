/**
 * `emr verify`: check every organization's copy of the ledger.
 *
 * @module
 */
import { Command } from 'commander';
import { Call } from '../call.js';
import { enrolledKeystore, withNetwork } from '../data/open-client.js';
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
      const report = await withNetwork(call, (network) =>
        network.verify(async () => (await enrolledKeystore(call)).identity()),
      );
      const { organizations: copies, unreachable = [] } = report;
      const top = Math.max(...copies.map(({ height }) => height));
      const rows = copies.map(({ mspId, peer, height, transactions, headSha256 }) => [
        peer === undefined ? mspId : `${mspId} ${peer}`,
        String(height),
        String(transactions),
        headSha256.slice(0, HASH_DIGITS),
        height === top ? 'sound' : `sound, ${String(top - height)} behind`,
      ]);
      const missing = unreachable.map((peer) => [peer, '', '', '', 'does not answer']);
      call.output.result(report, table(TITLES, [...rows, ...missing], ''));
    });
}
