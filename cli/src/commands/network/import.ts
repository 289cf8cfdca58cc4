/**
 * `emr network import`: take what the other hosts have exported.
 *
 * @module
 */
import {
  importPublic,
  type ImportReport,
  importSwarmKey,
  MAX_MATERIAL_BYTES,
} from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { CliError } from '../../errors/cli-error.js';
import type { Host } from '../../host.js';
import { readInFile } from '../../network-output/in-file.js';
import { type FolderOptions, networkFolder, withFolderOption } from './network-folder.js';

interface ImportOptions extends FolderOptions {
  readonly swarmKey?: string;
}

const MAX_KEY_BYTES = 1_024;

function reportText({ host, organizations, hasGenesis }: ImportReport): string {
  return [
    `Host ${host}${hasGenesis ? ', with the genesis block' : ''}`,
    ...organizations.flatMap(({ name, caFingerprint, tlsCaFingerprint }) => [
      `  CA of ${name}      ${caFingerprint}`,
      `  TLS CA of ${name}  ${tlsCaFingerprint}`,
    ]),
  ].join('\n');
}

const COMPARE = "Compare these SHA-256 fingerprints with that host's admin, by another way.";

/** Makes the command for one call. */
export function importCommand(host: Host): Command {
  return withFolderOption(new Command('import'))
    .description("take the other hosts' public material: what export --public wrote there")
    .argument('[files...]', 'one from each other host')
    .option('--swarm-key <file>', 'the swarm key: what export --swarm-key wrote')
    .action(async (files: string[], options: ImportOptions, command: Command) => {
      const call = new Call(host, command);
      const { swarmKey } = options;
      if (files.length === 0 && swarmKey === undefined) {
        throw new CliError('USAGE', 'name a file to import');
      }
      const dir = await networkFolder(options, host);
      const imported: ImportReport[] = [];
      for (const file of files) {
        imported.push(await importPublic(dir, await readInFile(file, MAX_MATERIAL_BYTES), file));
      }
      if (swarmKey !== undefined) {
        await importSwarmKey(dir, await readInFile(swarmKey, MAX_KEY_BYTES), swarmKey);
      }
      const lines = [
        ...imported.map(reportText),
        ...(imported.length > 0 ? [COMPARE] : []),
        ...(swarmKey === undefined ? [] : ['The swarm key is taken.']),
      ];
      call.output.result({ imported, swarmKey: swarmKey !== undefined }, lines.join('\n'));
    });
}
