/**
 * `emr audience request`: ask for a ticket by one's attributes.
 *
 * @module
 */
import { PURPOSE_CODES, TicketId, ticketState, UserId, type PurposeOfUse } from '@emr-share/model';
import { Command, Option } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { matching } from '../../input/option-value.js';
import { describeTicket } from '../../output/ticket-text.js';

interface RequestOptions {
  readonly purpose: PurposeOfUse;
  readonly ticket?: TicketId;
}

/** Makes the command for one call. */
export function requestCommand(host: Host): Command {
  return new Command('request')
    .description("(reader) ask to be let in by a patient's rule; the patient sees who asks and why")
    .argument('<patient>', 'whose records', matching(UserId, 'a user ID'))
    .addOption(new Option('--purpose <code>', 'why').choices(PURPOSE_CODES).default('TREAT'))
    .option(
      '--ticket <id>',
      'choose the ID of the ticket, to repeat a call (default: random)',
      matching(TicketId, '32 lower-case hex digits'),
    )
    .action(async (patient: UserId, options: RequestOptions, command: Command) => {
      const call = new Call(host, command);
      const { purpose, ticket: ticketId } = options;
      const ticket = await withClient(call, (client) =>
        client.audiences.request({ patient, purpose, ticketId, signal: call.signal }),
      );
      const now = Date.now();
      const next =
        ticketState(ticket, now) === 'open' ? `\nNext: emr audience open ${ticket.ticketId}` : '';
      call.output.result({ ticket }, `Let in:\n${describeTicket(ticket, now)}${next}`);
    });
}
