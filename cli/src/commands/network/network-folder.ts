/**
 * Which network a command is about.
 *
 * @module
 */
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { defaultNetworkDir, networkPaths } from '@emr-share/network';
import type { Command } from 'commander';
import { CliError } from '../../errors/cli-error.js';
import type { Host } from '../../host.js';

export interface FolderOptions {
  readonly dir?: string;
}

const DIR_FLAGS = '--dir <dir>';
const DIR_TEXT = "the network's folder (default: EMR_NETWORK_DIR, or that of your only network)";

/** Gives a command the option `--dir`. */
export function withFolderOption(command: Command): Command {
  return command.option(DIR_FLAGS, DIR_TEXT);
}

/** The folder that was named, by option or environment; `null` where none was. */
export function namedFolder({ dir }: FolderOptions, { env }: Host): string | null {
  const fromEnv = env['EMR_NETWORK_DIR'];
  const named = dir ?? (fromEnv === '' ? undefined : fromEnv);
  return named === undefined ? null : resolve(named);
}

/** Whether a network was set up in that folder. */
export async function isNetworkFolder(dir: string): Promise<boolean> {
  const found = await stat(networkPaths(dir).state).catch(() => null);
  return found?.isFile() === true;
}

/** Folders of this user's networks, where `emr network up` puts them by default. */
async function ownNetworks(): Promise<string[]> {
  const parent = dirname(defaultNetworkDir('any'));
  const names = await readdir(parent).catch(() => []);
  const dirs = names.map((name) => join(parent, name)).sort();
  const known = await Promise.all(dirs.map(isNetworkFolder));
  return dirs.filter((_, i) => known[i]);
}

/**
 * The folder that was named, or the only one there is.
 *
 * @throws CliError `NO_NETWORK` where there is none, `USAGE` where there are several
 */
export async function networkFolder(options: FolderOptions, host: Host): Promise<string> {
  const named = namedFolder(options, host);
  if (named !== null) return named;
  const networks = await ownNetworks();
  const [only, ...others] = networks;
  if (only === undefined) throw new CliError('NO_NETWORK', 'no network was set up yet');
  if (others.length === 0) return only;
  throw new CliError(
    'USAGE',
    `there are several networks; say which with --dir: ${networks.join(', ')}`,
    {
      details: { networks },
    },
  );
}
