/**
 * `emr emergency duty`: an on-duty service, which approves by rule.
 *
 * @module
 */
import type { EmrClient } from '@emr-share/gateway-client';
import { EmrError, type AuditEntry } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { describeTicket } from '../../output/ticket-text.js';

/** Approves what was declared at another hospital; says why not where that is refused. */
async function attend(call: Call, client: EmrClient, entry: AuditEntry): Promise<void> {
  const { type, mspId, ticketId } = entry;
  if (type !== 'emergency.declared' || ticketId === undefined || mspId === client.mspId) return;
  try {
    const ticket = await client.emergency.approve(ticketId, { signal: call.signal });
    call.output.line({ approved: ticket }, `Approved:\n${describeTicket(ticket, Date.now())}`);
  } catch (error) {
    call.signal.throwIfAborted();
    if (!EmrError.is(error)) throw error;
    call.output.warn(error);
  }
}

/** Makes the command for one call. */
export function dutyCommand(host: Host): Command {
  return new Command('duty')
    .description('(on-duty service) approve every emergency that another hospital declares')
    .addHelpText(
      'after',
      '\nRuns until Ctrl+C. Only where the rule of the patient lets on-duty services approve.',
    )
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      await withClient(call, async (client) => {
        call.output.note('on duty; Ctrl+C ends it');
        for await (const { entry } of client.emergency.watch({ signal: call.signal })) {
          await attend(call, client, entry);
        }
      });
    });
}
