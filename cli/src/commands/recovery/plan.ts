/**
 * `emr recovery plan`: who can bring the keys back.
 *
 * @module
 */
import { MspId, UserId } from '@emr-share/model';
import { Command, InvalidArgumentError } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { parseDuration } from '../../input/duration.js';
import { checked, collecting, matching } from '../../input/option-value.js';
import { describePlan } from '../../output/recovery-text.js';

interface PlanOptions {
  readonly organization?: MspId[];
  readonly guardian?: UserId[];
  readonly threshold?: number;
  readonly waitingTime?: number;
}

function parseThreshold(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number of custodians, such as 2.');
}

/** Makes the command for one call. */
export function planCommand(host: Host): Command {
  return new Command('plan')
    .description(
      '(patient) share your keys among organizations and guardians; replaces a former plan',
    )
    .option(
      '--organization <msp>',
      'a hospital that holds a share; may be repeated (default: all)',
      collecting(matching(MspId, 'an MSP ID such as HospAMSP')),
    )
    .option(
      '--guardian <user>',
      'a user who holds a share; up to five',
      collecting(matching(UserId, 'a user ID')),
    )
    .option(
      '--threshold <n>',
      'how many of them must approve (default, and least: two, most of them, one more than guardians)',
      parseThreshold,
    )
    .option(
      '--waiting-time <duration>',
      'how long you have for a veto, 1m to 30d (default: 72h)',
      checked(parseDuration),
    )
    .action(async (options: PlanOptions, command: Command) => {
      const call = new Call(host, command);
      const {
        organization: organizations,
        guardian: guardians,
        threshold,
        waitingTime: waitMs,
      } = options;
      const { signal } = call;
      const { body } = await withClient(call, (client) =>
        client.recovery.plan({ organizations, guardians, threshold, waitMs, signal }),
      );
      call.output.result({ plan: body }, `Planned:\n${describePlan(body)}`);
    });
}
