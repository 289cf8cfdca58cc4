/**
 * Where the hospital's patient index is, and the key to it.
 *
 * @module
 */
import { join, resolve } from 'node:path';
import { PatientIndexFile } from '@emr-share/gateway-client/node';
import type { Command } from 'commander';
import type { Call } from '../call.js';

export interface IndexOptions {
  readonly index?: string;
  readonly indexKey?: string;
}

/** Adds the options that name the index. */
export function withIndexOptions(command: Command): Command {
  return command
    .option(
      '--index <dir>',
      "the hospital's patient index (default: EMR_INDEX, else in the data directory)",
    )
    .option(
      '--index-key <file>',
      'the key to it, mode 0600 (default: EMR_INDEX_KEY, else beside the index, with .key)',
    );
}

function directoryOf({ host, data }: Call, { index }: IndexOptions): string {
  const named = index ?? host.env['EMR_INDEX'];
  return named === undefined || named === '' ? join(data.path, 'patients') : resolve(named);
}

/** Runs `use` on the index, and closes it. Throws `INDEX_NOT_FOUND`, `INDEX_BUSY`, `INDEX_INVALID`. */
export async function withIndex<T>(
  call: Call,
  options: IndexOptions & { readonly create?: boolean },
  use: (index: PatientIndexFile) => Promise<T>,
): Promise<T> {
  const { create = false } = options;
  const directory = directoryOf(call, options);
  const named = options.indexKey ?? call.host.env['EMR_INDEX_KEY'];
  const keyFile = named === undefined || named === '' ? `${directory}.key` : resolve(named);
  if (create) await call.data.prepare();
  const { waitMs, signal } = call;
  await using index = await PatientIndexFile.open({ directory, keyFile, create, waitMs, signal });
  return await use(index);
}
