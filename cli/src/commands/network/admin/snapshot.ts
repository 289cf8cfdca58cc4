/**
 * `emr network admin snapshot`: a copy of everything that the network keeps on this host.
 *
 * @module
 */
import { type SnapshotReport, takeSnapshot } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import type { Host, OutputStream } from '../../../host.js';
import { PlanDisplay } from '../../../network-output/plan-display.js';
import { elapsed } from '../../../output/local-time.js';
import { outputTarget } from '../../../output/output-target.js';
import { byteSize } from '../../../output/size.js';
import { type FolderOptions, networkFolder, withFolderOption } from '../network-folder.js';

interface SnapshotCommandOptions extends FolderOptions {
  readonly force?: boolean;
}

const HELP = `
The snapshot is a tar archive of the network's folder: ledgers, CA databases, custodian keys, stores.
It holds PRIVATE KEYS IN THE CLEAR. Encrypt it as it is written, for instance:
  emr network admin snapshot - | age -r RECIPIENT > network.tar.age
What was purged, and sealed to a custodian key that was destroyed since, opens again with it.
The nodes of this host are stopped while it is written, and started again, whatever happens.`;

type Write = (content: AsyncIterable<Uint8Array>) => Promise<unknown>;

/**
 * To a pipe. Elsewhere a reader that goes away ends the program at once; here the nodes have to be
 * started first.
 */
async function throughPipe(
  stream: OutputStream,
  take: (write: Write) => Promise<SnapshotReport>,
): Promise<SnapshotReport> {
  const others = stream.listeners('error') as ((error: Error) => void)[];
  let failure: Error | undefined;
  stream.removeAllListeners('error');
  stream.on('error', (error) => (failure ??= error));
  try {
    return await take(async (content) => {
      for await (const piece of content) await written(stream, piece);
    });
  } finally {
    stream.removeAllListeners('error');
    for (const listener of others) stream.on('error', listener);
    if (failure !== undefined) stream.emit('error', failure);
  }
}

function written(stream: OutputStream, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(piece, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}

function heightText({ heights }: SnapshotReport): string {
  const names = Object.keys(heights);
  const levels = [...new Set(Object.values(heights))];
  return levels.length === 1
    ? `${String(levels[0])} blocks at each of ${String(names.length)} peers`
    : names.map((name) => `${name} ${String(heights[name])} blocks`).join(', ');
}

function text(report: SnapshotReport, name: string): string {
  const { network, files, bytes, sha256, stoppedMs } = report;
  return [
    `Snapshot of ${network} in ${name}: ${String(files)} files, ${byteSize(bytes)}, ${heightText(report)}.`,
    `SHA-256 ${sha256}`,
    `The nodes were stopped for ${elapsed(stoppedMs)}. The snapshot holds private keys: keep it like them.`,
  ].join('\n');
}

/** Makes the command for one call. */
export function snapshotCommand(host: Host): Command {
  return withFolderOption(
    new Command('snapshot').argument('<file>', 'where it goes, mode 0600; - for stdout'),
  )
    .description('copy everything that the network keeps on this host into an archive')
    .option('--force', 'replace the file where it is there')
    .addHelpText('after', HELP)
    .action(async (file: string, options: SnapshotCommandOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const target = await outputTarget(host, file, options.force === true);
      const display = new PlanDisplay(host, call.output);
      const { signal } = call;
      const take = (write: Write): Promise<SnapshotReport> =>
        takeSnapshot(dir, write, { onProgress: display.onProgress, signal });
      try {
        const report = target.isStdout
          ? await throughPipe(host.stdout, take)
          : await take((content) => target.write(content, signal));
        display.stop();
        if (target.isStdout) call.output.resultAside(report, text(report, target.name));
        else call.output.result(report, text(report, target.name));
      } finally {
        display.stop();
      }
    });
}
