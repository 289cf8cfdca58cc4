/**
 * `emr emergency approve` and `sign`: what somebody at another hospital does.
 *
 * @module
 */
import { ApprovalBody, parseJson, TicketId } from '@emr-share/model';
import { Command } from 'commander';
import * as v from 'valibot';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { matching } from '../../input/option-value.js';
import { readSmallFile } from '../../input/small-file.js';
import { describeTicket } from '../../output/ticket-text.js';

/** What `prepare` wrote: an approval without its approver. */
const ApprovalRequest = v.omit(ApprovalBody, ['approver', 'mspId', 'approvedAt']);

/** Makes the command for one call. */
export function approveCommand(host: Host): Command {
  return new Command('approve')
    .description('(emergency physician, privacy officer or on-duty service of another hospital)')
    .argument('<ticket>', 'ID of the ticket', matching(TicketId, '32 lower-case hex digits'))
    .action(async (ticketId: TicketId, _options: unknown, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const ticket = await withClient(call, (client) =>
        client.emergency.approve(ticketId, { signal }),
      );
      call.output.result({ ticket }, `Approved:\n${describeTicket(ticket, Date.now())}`);
    });
}

/** Makes the command for one call. */
export function signCommand(host: Host): Command {
  return new Command('sign')
    .description('sign an approval beforehand, which the physician then declares with')
    .argument('<request>', 'file that prepare wrote; - for stdin')
    .action(async (path: string, _options: unknown, command: Command) => {
      const call = new Call(host, command);
      const text = await readSmallFile(host, path);
      const request = parseJson(ApprovalRequest, text, `the request in ${path}`);
      const approval = await withClient(call, (client) =>
        Promise.resolve(client.emergency.signApproval(request)),
      );
      call.output.result(approval, JSON.stringify(approval, null, 2));
    });
}
