/**
 * `emr summary show`: a patient's emergency summary on one page.
 *
 * @module
 */
import { summaryText, type CurrentSummary } from '@emr-share/gateway-client';
import { PURPOSE_CODES, UserId, type PurposeOfUse } from '@emr-share/model';
import { Command, Option } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { matching } from '../../input/option-value.js';

interface ShowOptions {
  readonly patient?: UserId;
  readonly purpose: PurposeOfUse;
}

function valueOf(summary: CurrentSummary): object {
  const { person, madeAt, sections, counts, records, missing, skipped, bytes } = summary;
  const idsOf = (some: CurrentSummary['records']): string[] => some.map(({ recordId }) => recordId);
  return {
    ...{ person, madeAt, sections, counts, skipped },
    records: idsOf(records),
    missing: idsOf(missing),
    document: JSON.parse(new TextDecoder().decode(bytes)) as unknown,
  };
}

function textOf(summary: CurrentSummary): string {
  const { length } = summary.missing;
  if (length === 0) return summaryText(summary);
  return `${summaryText(summary)}\n\nNOT COMPLETE: ${String(length)} of its records could not be opened`;
}

/** Makes the command for one call. */
export function showSummaryCommand(host: Host): Command {
  return new Command('show')
    .description('decrypt the emergency summary on this machine, and show it on one page')
    .option('--patient <user>', 'of whom (default: you)', matching(UserId, 'a user ID'))
    .addOption(
      new Option('--purpose <code>', 'why; the patient sees it')
        .choices(PURPOSE_CODES)
        .default('TREAT'),
    )
    .action(async ({ patient, purpose }: ShowOptions, command: Command) => {
      const call = new Call(host, command);
      const summary = await withClient(call, (client) =>
        client.summary.of(patient ?? client.userId, { purpose, signal: call.signal }),
      );
      call.output.result(valueOf(summary), textOf(summary));
    });
}
