/**
 * `emr summary refresh`: one whole summary of all the patient's FHIR records.
 *
 * @module
 */
import type { RefreshedSummary } from '@emr-share/gateway-client';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { byteSize } from '../../output/size.js';
import { pairs } from '../../output/table.js';

function describe({ record, summary, isUnchanged }: RefreshedSummary): string {
  return [
    isUnchanged ? 'The summary says it all already:' : 'Filed one whole summary:',
    pairs({
      record: record.recordId,
      size: byteSize(record.info.sizeBytes),
      ...Object.fromEntries(
        Object.entries(summary.counts).map(([title, count]) => [
          title.toLowerCase(),
          String(count),
        ]),
      ),
    }),
  ].join('\n');
}

/** Makes the command for one call. */
export function refreshSummaryCommand(host: Host): Command {
  return new Command('refresh')
    .description('make one whole summary of all your FHIR records, and file it')
    .addHelpText(
      'after',
      '\nSealed records, and those of categories that your policy closes, are left out. Whoever uploads a' +
        '\nFHIR record keeps the summary current: this makes it one record again, for readers in a hurry.',
    )
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      const refreshed = await withClient(call, (client) =>
        client.summary.refresh({ signal: call.signal }),
      );
      const { record, summary, isUnchanged } = refreshed;
      const value = { record, isUnchanged, counts: summary.counts };
      call.output.result(value, describe(refreshed));
    });
}
