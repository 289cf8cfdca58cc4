/**
 * `emr emergency open` and `emr audience open`: read what a ticket opens.
 *
 * @module
 */
import { summaryText } from '@emr-share/gateway-client';
import { CATEGORIES, type Category } from '@emr-share/model';
import { Command, Option } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import { openByTicket, type Opened } from '../../data/opened-records.js';
import { ticketIdOf } from '../../data/ticket-id.js';
import type { Host } from '../../host.js';
import { parseIdPrefix } from '../../input/id-prefix.js';
import { checked } from '../../input/option-value.js';
import { localTime } from '../../output/local-time.js';
import { shortId } from '../../output/short-id.js';
import { byteSize } from '../../output/size.js';
import { table } from '../../output/table.js';

interface OpenOptions {
  readonly category?: Category;
  readonly into?: string;
}

const TITLES = ['record', 'category', 'content type', 'size', 'filed', 'author', 'file'];

function recordTable({ records }: Opened): string {
  const rows = records.map(({ record, file }) => {
    const { recordId, info, timestamp, author } = record;
    return [
      shortId(recordId),
      info.category,
      info.contentType,
      byteSize(info.sizeBytes),
      localTime(timestamp),
      author,
      file ?? '-',
    ];
  });
  return table(TITLES, rows, 'no other records');
}

function describe(opened: Opened): string {
  const page = opened.summary === null ? 'no emergency summary' : summaryText(opened.summary);
  return `${page}\n\n${recordTable(opened)}`;
}

/** Makes the command for one call. */
export function openCommand(host: Host): Command {
  return new Command('open')
    .description('show the emergency summary, and list or save what else the ticket opens')
    .argument('<ticket>', 'ticket ID, or its first digits', checked(parseIdPrefix))
    .addOption(new Option('--category <category>', 'only records of it').choices(CATEGORIES))
    .option('--into <folder>', 'write each record into this folder, named by its ID')
    .action(async (prefix: string, { category, into }: OpenOptions, command: Command) => {
      const call = new Call(host, command);
      const opened = await withClient(call, async (client) => {
        const ticketId = await ticketIdOf(client, prefix, call.signal);
        return openByTicket(call, client, ticketId, { category, into });
      });
      const { summary, records } = opened;
      const bundle =
        summary === null ? null : (JSON.parse(new TextDecoder().decode(summary.bytes)) as unknown);
      call.output.result({ summary: bundle, records }, describe(opened));
    });
}
