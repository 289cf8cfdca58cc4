/**
 * `emr emergency rule`, `set` and `opt-out`: what the patient decides beforehand.
 *
 * @module
 */
import { CATEGORIES, type Category } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { parseDuration } from '../../input/duration.js';
import { checked, repeatedChoice } from '../../input/option-value.js';
import { parseCount, parseThreshold } from '../../input/organization-count.js';
import { describeAudience } from '../../output/audience-text.js';

interface SetOptions {
  readonly category?: Category[];
  readonly approvals?: number;
  readonly lasting?: number;
  readonly dutyServices: boolean;
  readonly threshold?: number;
}

/** Makes the command for one call. */
export function ruleCommand(host: Host): Command {
  return new Command('rule')
    .description('(patient) show what emergency physicians may open')
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const rule = await withClient(call, (client) => client.emergency.rule({ signal }));
      const text =
        rule === null
          ? 'You have opted out: nothing opens your records in an emergency.'
          : describeAudience(rule);
      call.output.result({ rule }, text);
    });
}

/** Makes the command for one call. */
export function setRuleCommand(host: Host): Command {
  return new Command('set')
    .description('(patient) decide what emergency physicians may open, and with whose approval')
    .addOption(
      repeatedChoice(
        '--category <category>',
        'what may be opened (default: emergency-summary and prescription); may be repeated',
        CATEGORIES,
      ),
    )
    .option(
      '--approvals <n>',
      "organizations other than the physician's that must approve (default: 1)",
      parseCount,
    )
    .option(
      '--lasting <duration>',
      'how long a ticket opens records (default: 2h)',
      checked(parseDuration),
    )
    .option('--no-duty-services', 'only people may approve')
    .option(
      '--threshold <n>',
      'how many organizations must answer (default, and least: most of them)',
      parseThreshold,
    )
    .action(async (options: SetOptions, command: Command) => {
      const call = new Call(host, command);
      const { category: categories, approvals, lasting: ticketMs, threshold } = options;
      const { dutyServices } = options;
      const rule = await withClient(call, (client) =>
        client.emergency.setRule({
          categories,
          approvals,
          ticketMs,
          dutyServices,
          threshold,
          signal: call.signal,
        }),
      );
      call.output.result({ rule }, `In force:\n${describeAudience(rule)}`);
    });
}

/** Makes the command for one call. */
export function optOutCommand(host: Host): Command {
  return new Command('opt-out')
    .description('(patient) let nothing be opened in an emergency: all shares of keys are purged')
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const receipts = await withClient(call, (client) => client.emergency.optOut({ signal }));
      call.output.result(
        { receipts },
        'You have opted out. No organization holds a share of your keys for emergencies any more.',
      );
    });
}
