/**
 * `emr log`: who read what, when and why.
 *
 * @module
 */
import { UserId, type AuditEntry } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../call.js';
import { collect } from '../data/collect.js';
import { withClient } from '../data/open-client.js';
import type { Host } from '../host.js';
import { parseSince } from '../input/moment.js';
import { checked, matching } from '../input/option-value.js';
import { eventText } from '../output/event-text.js';
import { localTime } from '../output/local-time.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';

interface LogOptions {
  readonly patient?: UserId;
  readonly since?: number;
  readonly reads?: boolean;
}

const TITLES = ['when', 'who', 'organization', 'what', 'record', 'grant', 'why'];

function row(entry: AuditEntry): string[] {
  const { at, actor, mspId, recordId, grantId, purpose } = entry;
  return [
    localTime(at),
    actor,
    mspId,
    eventText(entry),
    recordId === undefined ? '' : shortId(recordId),
    grantId === undefined ? '' : shortId(grantId),
    purpose ?? '',
  ];
}

/** Makes the command for one call. */
export function logCommand(host: Host): Command {
  const since = checked((text) => parseSince(text, Date.now()));
  return new Command('log')
    .description('who read what, when and why, as the chain has it (for the patient and auditors)')
    .option('--patient <user>', 'whose log (default: yours)', matching(UserId, 'a user ID'))
    .option('--since <when>', 'from a date on, or for a time back, such as 7d', since)
    .option('--reads', 'only who was let in to read')
    .action(async ({ patient, since, reads }: LogOptions, command: Command) => {
      const call = new Call(host, command);
      const entries = await withClient(call, (client) =>
        collect(client.audit.log({ patient, since, signal: call.signal })),
      );
      const shown =
        reads === true ? entries.filter(({ type }) => type === 'access.granted') : entries;
      call.output.result({ entries: shown }, table(TITLES, shown.map(row), 'no entries'));
    });
}
