/**
 * `emr fetch`: read a record.
 *
 * @module
 */
import type { EmrClient, FetchedRecord } from '@emr-share/gateway-client';
import { PURPOSE_CODES, type PurposeOfUse } from '@emr-share/model';
import { Command, Option } from 'commander';
import { Call } from '../call.js';
import { withClient } from '../data/open-client.js';
import { recordIdOf } from '../data/visible.js';
import type { Host } from '../host.js';
import { parseIdPrefix } from '../input/id-prefix.js';
import { checked } from '../input/option-value.js';
import { outputTarget, type OutputTarget } from '../output/output-target.js';
import { showProgress } from '../output/progress.js';
import { byteSize } from '../output/size.js';

interface FetchOptions {
  readonly output: string;
  readonly purpose: PurposeOfUse;
  readonly force?: boolean;
}

async function fetchInto(
  call: Call,
  client: EmrClient,
  target: OutputTarget,
  options: { readonly prefix: string; readonly purpose: PurposeOfUse },
): Promise<{ fetched: FetchedRecord; sha256: string }> {
  const { signal } = call;
  const recordId = await recordIdOf(client, options.prefix, signal);
  let onBytes: (bytes: number) => void = () => undefined;
  const fetched = await client.records.fetch(recordId, {
    purpose: options.purpose,
    signal,
    onProgress: ({ bytes }) => {
      onBytes(bytes);
    },
  });
  const { sizeBytes } = fetched.record.info;
  const progress = showProgress(call.host.stderr, call.output.isLive, 'fetching', sizeBytes);
  onBytes = (bytes) => {
    progress.update(bytes);
  };
  try {
    return { fetched, sha256: await target.write(fetched.content, signal) };
  } finally {
    progress.stop();
  }
}

function describe({ record, ticket }: FetchedRecord, name: string): string {
  const { patient, info } = record;
  const reason =
    ticket === null ? 'your own record' : `for ${ticket.purpose}; ${patient} sees that in the log`;
  return `Fetched ${byteSize(info.sizeBytes)} (${info.contentType}) of ${patient} into ${name}: ${reason}.`;
}

/** Makes the command for one call. */
export function fetchCommand(host: Host): Command {
  return new Command('fetch')
    .description('ask for access, and decrypt a record on this machine')
    .argument('<record>', 'record ID, or its first digits', checked(parseIdPrefix))
    .requiredOption('-o, --output <file>', 'where to; - for stdout')
    .addOption(
      new Option('--purpose <code>', 'why; the patient sees it')
        .choices(PURPOSE_CODES)
        .default('TREAT'),
    )
    .option('--force', 'replace the file if there is one')
    .action(async (prefix: string, options: FetchOptions, command: Command) => {
      const call = new Call(host, command);
      const target = await outputTarget(host, options.output, options.force === true);
      const { fetched, sha256 } = await withClient(call, (client) =>
        fetchInto(call, client, target, { prefix, purpose: options.purpose }),
      );
      const { record, ticket } = fetched;
      const value = { record, ticket, output: options.output, sha256 };
      const say = target.isStdout ? 'resultAside' : 'result';
      call.output[say](value, describe(fetched, target.name));
    });
}
