/**
 * `emr emergency watch`: emergencies as they happen.
 *
 * @module
 */
import { UserId, type AuditEntry } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { matching } from '../../input/option-value.js';
import { eventText } from '../../output/event-text.js';
import { localTime } from '../../output/local-time.js';

/** One line for one event. */
export function emergencyLine(entry: AuditEntry): string {
  const { at, actor, mspId, patient = '', ticketId = '' } = entry;
  return `${localTime(at)}  ${actor} (${mspId}) ${eventText(entry)}: patient ${patient}, ticket ${ticketId}`;
}

/** Makes the command for one call. */
export function watchCommand(host: Host): Command {
  return new Command('watch')
    .description('say at once when an emergency is declared, approved, ended or reviewed')
    .option('--patient <user>', 'only of this patient', matching(UserId, 'a user ID'))
    .addHelpText('after', '\nRuns until Ctrl+C. With --json, one line of JSON for each event.')
    .action(async ({ patient }: { patient?: UserId }, command: Command) => {
      const call = new Call(host, command);
      await withClient(call, async (client) => {
        for await (const { entry } of client.emergency.watch({ patient, signal: call.signal })) {
          call.output.line(entry, emergencyLine(entry));
        }
      });
    });
}
