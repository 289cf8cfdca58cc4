/**
 * `emr emergency grace`: how soon emergencies must be reviewed.
 *
 * @module
 */
import { Command } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { durationText } from '../../output/duration-text.js';

/** Makes the command for one call. */
export function graceCommand(host: Host): Command {
  return new Command('grace')
    .description('show how long an emergency may stay unreviewed')
    .addHelpText('after', '\nAfter that its physician can declare no other one.')
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const rule = await withClient(call, (client) => client.emergency.reviewRule({ signal }));
      call.output.result(rule, durationText(rule.graceMs));
    });
}
