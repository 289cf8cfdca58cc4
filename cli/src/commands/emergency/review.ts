/**
 * `emr emergency end`, `list`, `reason` and `review`: what is done about a ticket afterwards.
 *
 * @module
 */
import { UserId, VERDICTS, type EmergencyReview } from '@emr-share/model';
import { Argument, Command } from 'commander';
import { Call } from '../../call.js';
import { collect } from '../../data/collect.js';
import { withClient } from '../../data/open-client.js';
import { ticketIdOf } from '../../data/ticket-id.js';
import type { Host } from '../../host.js';
import { parseIdPrefix } from '../../input/id-prefix.js';
import { checked, matching } from '../../input/option-value.js';
import { describeTicket, ticketTable } from '../../output/ticket-text.js';

interface ListOptions {
  readonly patient?: UserId;
  readonly physician?: UserId;
  readonly unreviewed?: boolean;
}

const TICKET_HELP = 'ticket ID, or its first digits';

/** Makes the command for one call. */
export function endCommand(host: Host): Command {
  return new Command('end')
    .description('(patient, physician or privacy officer) end a ticket before its time')
    .argument('<ticket>', TICKET_HELP, checked(parseIdPrefix))
    .action(async (prefix: string, _options: unknown, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const ticket = await withClient(call, async (client) =>
        client.emergency.end(await ticketIdOf(client, prefix, signal), { signal }),
      );
      call.output.result({ ticket }, `Ended:\n${describeTicket(ticket, Date.now())}`);
    });
}

/** Makes the command for one call. */
export function listCommand(host: Host): Command {
  return new Command('list')
    .description('list emergencies: all for privacy officers and auditors, for others their own')
    .option('--unreviewed', 'only those that no privacy officer has reviewed yet')
    .option('--patient <user>', 'only of this patient', matching(UserId, 'a user ID'))
    .option('--physician <user>', 'only by this physician', matching(UserId, 'a user ID'))
    .action(async ({ patient, physician, unreviewed }: ListOptions, command: Command) => {
      const call = new Call(host, command);
      const wanted = { patient, reader: physician, unreviewed, signal: call.signal };
      const tickets = await withClient(call, (client) => collect(client.emergency.tickets(wanted)));
      call.output.result({ tickets }, ticketTable(tickets, Date.now()));
    });
}

/** Makes the command for one call. */
export function reasonCommand(host: Host): Command {
  return new Command('reason')
    .description('(patient or privacy officer) read the words that the physician gave')
    .argument('<ticket>', TICKET_HELP, checked(parseIdPrefix))
    .action(async (prefix: string, _options: unknown, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const words = await withClient(call, async (client) =>
        client.emergency.readReason(await ticketIdOf(client, prefix, signal), { signal }),
      );
      call.output.result({ words }, words ?? 'The physician gave no words, only the code.');
    });
}

/** Makes the command for one call. */
export function reviewCommand(host: Host): Command {
  return new Command('review')
    .description('(privacy officer of another hospital) clear or contest an emergency')
    .argument('<ticket>', TICKET_HELP, checked(parseIdPrefix))
    .addArgument(new Argument('<verdict>', 'what you found').choices(VERDICTS))
    .action(
      async (
        prefix: string,
        verdict: EmergencyReview['verdict'],
        _options: unknown,
        command: Command,
      ) => {
        const call = new Call(host, command);
        const { signal } = call;
        const ticket = await withClient(call, async (client) => {
          const ticketId = await ticketIdOf(client, prefix, signal);
          return client.emergency.review(ticketId, verdict, { signal });
        });
        call.output.result({ ticket }, `Reviewed:\n${describeTicket(ticket, Date.now())}`);
      },
    );
}
