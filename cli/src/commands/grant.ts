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
import { Command, InvalidArgumentError } from 'commander';
import { Call } from '../call.js';
import { withClient } from '../data/open-client.js';
import { recordIdOf } from '../data/visible.js';
import { CliError } from '../errors/cli-error.js';
import type { Host } from '../host.js';
import { parseDuration } from '../input/duration.js';
import { parseIdPrefix } from '../input/id-prefix.js';
import { parseUntil } from '../input/moment.js';
import { checked, matching, repeatedChoice } from '../input/option-value.js';
import { describeGrant } from '../output/grant-text.js';

interface GrantOptions {
  readonly category?: Category[];
  readonly record?: string;
  readonly purpose?: PurposeOfUse[];
  readonly for?: number;
  readonly until?: number;
  readonly threshold?: number;
}

const MAX_CUSTODIANS = 32;

function parseThreshold(text: string): number {
  const threshold = Number(text);
  if (/^[1-9]\d?$/.test(text) && threshold <= MAX_CUSTODIANS) return threshold;
  throw new InvalidArgumentError('It is a number of organizations, such as 2.');
}

/** What commander cannot say: which options exclude each other, and which are needed. */
function assertConsistent(options: GrantOptions): void {
  if ((options.category === undefined) === (options.record === undefined)) {
    throw new CliError('USAGE', 'say what to grant: --category (once or more) or --record');
  }
  if ((options.for === undefined) === (options.until === undefined)) {
    throw new CliError('USAGE', 'say how long: --for 30d or --until 2026-12-31');
  }
  if (options.until !== undefined && options.until <= Date.now()) {
    throw new CliError('USAGE', 'the date of --until is past');
  }
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
    .option('--for <duration>', 'how long, such as 12h or 30d', checked(parseDuration))
    .option('--until <date>', 'to the end of a day, or up to a moment', checked(parseUntil))
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
