/**
 * `emr network export`: what others need to know of the network.
 *
 * @module
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  connectionProfiles,
  exportPublic,
  exportSwarmKey,
  mermaid,
  networkTopology,
} from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { CliError } from '../../errors/cli-error.js';
import type { Host } from '../../host.js';
import { writeOutFile } from '../../network-output/out-file.js';
import { type FolderOptions, networkFolder, withFolderOption } from './network-folder.js';

interface ExportOptions extends FolderOptions {
  readonly out?: string;
  readonly public?: string;
  readonly swarmKey?: string;
}

/** A file that was written, and what it is good for. */
interface Written {
  readonly path: string;
  readonly what: string;
}

async function writeDescriptions(dir: string, out: string): Promise<Written[]> {
  await mkdir(out, { recursive: true });
  const picture = join(out, 'network.mmd');
  await writeOutFile(picture, mermaid(await networkTopology(dir)));
  const written = [{ path: picture, what: 'Mermaid picture of the network' }];
  for (const [organization, profile] of Object.entries(await connectionProfiles(dir))) {
    const path = join(out, `${organization}.profile.json`);
    await writeOutFile(path, `${JSON.stringify(profile, null, 2)}\n`);
    written.push({ path, what: `connection profile for clients of ${organization}` });
  }
  return written;
}

async function writePublic(dir: string, path: string): Promise<Written> {
  const { text, hasGenesis } = await exportPublic(dir);
  await writeOutFile(path, text);
  const block = hasGenesis ? 'with the genesis block' : 'without a genesis block yet';
  return { path, what: `public material for the other hosts, ${block}` };
}

async function writeSwarmKey(dir: string, path: string): Promise<Written> {
  await writeOutFile(path, await exportSwarmKey(dir), 0o600);
  return { path, what: 'SECRET: the swarm key; hand it to the other hosts only' };
}

async function writeAll(dir: string, options: ExportOptions): Promise<Written[]> {
  const { out, public: material, swarmKey } = options;
  const isForHosts = material !== undefined || swarmKey !== undefined;
  const folder = out ?? (isForHosts ? undefined : '.');
  return [
    ...(folder === undefined ? [] : await writeDescriptions(dir, resolve(folder))),
    ...(material === undefined ? [] : [await writePublic(dir, resolve(material))]),
    ...(swarmKey === undefined ? [] : [await writeSwarmKey(dir, resolve(swarmKey))]),
  ];
}

/** Makes the command for one call. */
export function exportCommand(host: Host): Command {
  return withFolderOption(new Command('export'))
    .description('write a picture of the network and a connection profile for each organization')
    .option('--out <dir>', 'folder for them (default: the current one)')
    .option('--public <file>', "this host's certificates and peer IDs, for the other hosts")
    .option('--swarm-key <file>', "the secret that the hosts' stores share (mode 0600)")
    .action(async (options: ExportOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      for (const path of [options.out, options.public, options.swarmKey]) {
        if (path === '') throw new CliError('USAGE', 'a file or folder to write needs a name');
      }
      const files = await writeAll(dir, options);
      const text = files.map(({ path, what }) => `${path}: ${what}`).join('\n');
      call.output.result({ dir, files }, text);
    });
}
