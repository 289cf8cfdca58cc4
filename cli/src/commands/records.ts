/**
 * `emr records`: what there is to fetch.
 *
 * @module
 */
import { UserId, type TransactionRecord } from '@emr-share/model';
import type { EmrClient } from '@emr-share/gateway-client';
import { Command } from 'commander';
import { Call } from '../call.js';
import { collect } from '../data/collect.js';
import { withClient } from '../data/open-client.js';
import { visibleRecords } from '../data/visible.js';
import type { Host } from '../host.js';
import { matching } from '../input/option-value.js';
import { localTime } from '../output/local-time.js';
import { shortId } from '../output/short-id.js';
import { byteSize } from '../output/size.js';
import { table } from '../output/table.js';

interface RecordsOptions {
  readonly patient?: UserId;
}

const TITLES = [
  'record',
  'patient',
  'category',
  'level',
  'content type',
  'size',
  'filed',
  'author',
];

function row({ recordId, patient, author, timestamp, info }: TransactionRecord): string[] {
  return [
    shortId(recordId),
    patient,
    info.category,
    info.securityLevel,
    info.contentType,
    byteSize(info.sizeBytes),
    localTime(timestamp),
    author,
  ];
}

/** Makes the command for one call. */
export function recordsCommand(host: Host): Command {
  return new Command('records')
    .description('list records: your own, and those that patients granted you')
    .option('--patient <user>', 'only those of this patient', matching(UserId, 'a user ID'))
    .action(async (options: RecordsOptions, command: Command) => {
      const call = new Call(host, command);
      await withClient(call, async (client: EmrClient) => {
        const records = await collect(visibleRecords(client, options.patient, call.signal));
        call.output.result({ records }, table(TITLES, records.map(row), 'no records'));
      });
    });
}
