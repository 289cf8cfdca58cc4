/**
 * The demo's options, checked before anything runs.
 *
 * @module
 */
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import { CliError } from '../errors/cli-error.js';
import type { Host } from '../host.js';

export interface DemoOptions {
  readonly records?: string;
  readonly json?: string;
  readonly keep?: string;
  /** On a real network instead of the embedded consortium. */
  readonly fabric?: boolean;
  /** Folder of a running network. */
  readonly network?: string;
  readonly color: boolean;
}

/** Reads the arguments. Throws what commander throws, after printing help if that was asked for. */
export function parseDemoOptions(args: readonly string[], host: Host): DemoOptions {
  return new Command('demo')
    .usage('[options]  (npm run demo -- [options])')
    .description(
      'The story of one patient, three hospitals and their records, on the embedded consortium or a real network.',
    )
    .option(
      '--records <dir>',
      'use every .json, .dcm and .csv in a folder (default: synthetic ones)',
    )
    .option('--json <file>', 'also write the report: every record with its hashes, every step')
    .option(
      '--keep <dir>',
      'keep the consortium in an empty or new folder (default: a temporary one)',
    )
    .option('--fabric', 'run on Fabric and Kubo: a network is brought up, and removed afterwards')
    .addOption(
      new Option(
        '--network <dir>',
        "run on the network in this folder, which goes on; the story's people stay known there",
      )
        .implies({ fabric: true })
        .conflicts('keep'),
    )
    .option('--no-color', 'no colour, even on a terminal')
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => 100,
    })
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<DemoOptions>();
}

/** Fails now rather than after half a minute. Throws CliError `FILE_UNWRITABLE`, `DATA_UNUSABLE`. */
export async function assertUsable({ json, keep }: DemoOptions): Promise<void> {
  if (json !== undefined) {
    await access(dirname(json), constants.W_OK).catch((cause: unknown) => {
      throw new CliError(
        'FILE_UNWRITABLE',
        `cannot write ${json}: its folder is missing or read-only`,
        {
          details: { path: json },
          cause,
        },
      );
    });
  }
  if (keep === undefined) return;
  const names = await readdir(keep).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new CliError('DATA_UNUSABLE', `cannot use ${keep}: it is not a folder`, { cause });
  });
  if (names.length > 0) {
    throw new CliError('DATA_UNUSABLE', `${keep} is not empty; name an empty or new folder`, {
      details: { path: keep },
    });
  }
}
