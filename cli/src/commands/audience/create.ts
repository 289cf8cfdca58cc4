/**
 * `emr audience create`: a rule for readers by attribute.
 *
 * @module
 */
import {
  CATEGORIES,
  Department,
  MspId,
  PURPOSE_CODES,
  ROLES,
  type Category,
  type PurposeOfUse,
  type Role,
} from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { parseDuration } from '../../input/duration.js';
import { checked, collecting, matching, repeatedChoice } from '../../input/option-value.js';
import { parseCount, parseThreshold } from '../../input/organization-count.js';
import { assertValidity, FOR_OPTION, UNTIL_OPTION, type Validity } from '../../input/validity.js';
import { describeAudience } from '../../output/audience-text.js';

interface CreateOptions extends Validity {
  readonly category?: Category[];
  readonly role?: Role[];
  readonly department?: string[];
  readonly organization?: MspId[];
  readonly purpose?: PurposeOfUse[];
  readonly approvals?: number;
  readonly lasting?: number;
  readonly threshold?: number;
}

/** First moment at which the rule no longer holds. Throws CliError `USAGE`. */
function endOf(options: CreateOptions): number {
  assertValidity(options);
  return options.until ?? Date.now() + (options.for ?? 0);
}

/** Makes the command for one call. */
export function createAudienceCommand(host: Host): Command {
  return new Command('create')
    .description('(patient) let in every reader with these attributes')
    .addOption(
      repeatedChoice(
        '--category <category>',
        'what may be read; may be repeated',
        CATEGORIES,
      ).makeOptionMandatory(),
    )
    .addOption(
      repeatedChoice(
        '--role <role>',
        'role of the readers; may be repeated',
        ROLES,
      ).makeOptionMandatory(),
    )
    .option(
      '--department <name>',
      'department of the readers; may be repeated',
      collecting(matching(Department, '1 to 64 of a–z, 0–9 and hyphen')),
    )
    .option(
      '--organization <msp>',
      'hospital of the readers; may be repeated',
      collecting(matching(MspId, 'an MSP ID such as HospAMSP')),
    )
    .addOption(
      repeatedChoice(
        '--purpose <code>',
        'purpose of use, TREAT by default; may be repeated',
        PURPOSE_CODES,
      ),
    )
    .option(...FOR_OPTION)
    .option(...UNTIL_OPTION)
    .option(
      '--approvals <n>',
      "organizations other than the reader's that must approve each ticket (default: 0)",
      parseCount,
    )
    .option(
      '--lasting <duration>',
      'how long a ticket opens records (default: 1h)',
      checked(parseDuration),
    )
    .option(
      '--threshold <n>',
      'how many organizations must answer (default, and least: most of them)',
      parseThreshold,
    )
    .action(async (options: CreateOptions, command: Command) => {
      const call = new Call(host, command);
      const { category: categories = [], role: roles, department, organization } = options;
      const notAfter = endOf(options);
      const audience = await withClient(call, (client) =>
        client.audiences.create({
          categories,
          readers: {
            ...(roles === undefined ? {} : { roles }),
            ...(department === undefined ? {} : { departments: department }),
            ...(organization === undefined ? {} : { mspIds: organization }),
          },
          purposes: options.purpose ?? ['TREAT'],
          notAfter,
          approvals: options.approvals,
          ticketMs: options.lasting,
          threshold: options.threshold,
          signal: call.signal,
        }),
      );
      call.output.result({ audience }, `In force:\n${describeAudience(audience)}`);
    });
}
