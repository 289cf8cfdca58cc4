/**
 * `emr network admin restore`: a network's folder from a snapshot.
 *
 * @module
 */
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { type RestoreReport, restoreSnapshot } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import { CliError } from '../../../errors/cli-error.js';
import type { Host } from '../../../host.js';
import { PlanDisplay } from '../../../network-output/plan-display.js';
import { byteSize } from '../../../output/size.js';

interface RestoreCommandOptions {
  readonly dir: string;
}

const HELP = `
Every file is compared with the SHA-256 that the snapshot has of it before the folder gets its name;
where anything differs, nothing is left. That finds damage, not forgery: compare the SHA-256 of the
whole with the one that was printed when the snapshot was taken. Then: emr network up --dir DIR
Of a network that goes on elsewhere, do not bring up a restored copy beside it: nodes with the same
identities would contradict each other.`;

/** What the file system says becomes an error of ours; the archive's own errors stay as they are. */
async function* piecesOf(file: string, { stdin }: Host): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* (file === '-' ? stdin : createReadStream(file)) as AsyncIterable<Buffer>;
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    const message = `cannot read ${file}: the system refuses (${code})`;
    throw new CliError('FILE_UNREADABLE', message, { details: { path: file }, cause });
  }
}

function text({ dir, network, files, bytes, heights, takenAt, sha256 }: RestoreReport): string {
  const height = Math.max(0, ...Object.values(heights));
  return [
    `Restored ${network} as of ${takenAt} into ${dir}: ${String(files)} files, ${byteSize(bytes)}, ${String(height)} blocks.`,
    `SHA-256 of the snapshot ${sha256}`,
    `Bring it up with: emr network up --dir ${dir}`,
  ].join('\n');
}

/** Makes the command for one call. */
export function restoreCommand(host: Host): Command {
  return new Command('restore')
    .argument('<file>', 'the snapshot; - for stdin')
    .requiredOption('--dir <dir>', 'where the network shall live; new, or empty')
    .description('make a network folder from a snapshot')
    .addHelpText('after', HELP)
    .action(async (file: string, options: RestoreCommandOptions, command: Command) => {
      const call = new Call(host, command);
      const display = new PlanDisplay(host, call.output);
      try {
        const { onProgress } = display;
        const report = await restoreSnapshot(resolve(options.dir), piecesOf(file, host), {
          onProgress,
          signal: call.signal,
        });
        display.stop();
        call.output.result(report, text(report));
      } finally {
        display.stop();
      }
    });
}
