/**
 * `emr grant`: let somebody read.
 *
 * @module
 */
import {
  CATEGORIES,
  PURPOSE_CODES,
  UserId,
  type Category,
  type PurposeOfUse,
} from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../call.js';
import { withClient } from '../data/open-client.js';
import { recordIdOf } from '../data/visible.js';
import { CliError } from '../errors/cli-error.js';
import type { Host } from '../host.js';
import { parseIdPrefix } from '../input/id-prefix.js';
import { checked, matching, repeatedChoice } from '../input/option-value.js';
import { parseThreshold } from '../input/organization-count.js';
import { assertValidity, FOR_OPTION, UNTIL_OPTION, type Validity } from '../input/validity.js';
import { describeGrant } from '../output/grant-text.js';

interface GrantOptions extends Validity {
  readonly category?: Category[];
  readonly record?: string;
  readonly purpose?: PurposeOfUse[];
  readonly threshold?: number;
}

/** What commander cannot say: which options exclude each other, and which are needed. */
function assertConsistent(options: GrantOptions): void {
  if ((options.category === undefined) === (options.record === undefined)) {
    throw new CliError('USAGE', 'say what to grant: --category (once or more) or --record');
  }
  assertValidity(options);
}

/** Makes the command for one call. */
export function grantCommand(host: Host): Command {
  return new Command('grant')
    .description('(patient) let a physician read categories of your records, or one record')
    .argument('<physician>', 'user ID of who may read', matching(UserId, 'a user ID'))
    .addOption(
      repeatedChoice('--category <category>', 'what may be read; may be repeated', CATEGORIES),
    )
    .option('--record <id>', 'one record instead of categories', checked(parseIdPrefix))
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
      '--threshold <n>',
      'how many organizations must agree to each reading (default, and least: most of them)',
      parseThreshold,
    )
    .action(async (grantee: UserId, options: GrantOptions, command: Command) => {
      assertConsistent(options);
      const call = new Call(host, command);
      const grant = await withClient(call, async (client) =>
        client.grants.create({
          grantee,
          categories: options.category,
          recordId:
            options.record === undefined
              ? undefined
              : await recordIdOf(client, options.record, call.signal),
          purposes: options.purpose ?? ['TREAT'],
          durationMs: options.for,
          notAfter: options.until,
          threshold: options.threshold,
          signal: call.signal,
        }),
      );
      call.output.result({ grant }, `Granted:\n${describeGrant(grant)}`);
    });
}
