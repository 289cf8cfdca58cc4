/**
 * The process as {@link Host}: Ctrl+C becomes an abort, a closed pipe ends quietly, and what nobody
 * caught is reported like any other error.
 *
 * @module
 */
import type { ExitCode } from './errors/exit-code.js';
import { reportError } from './errors/report-error.js';
import type { Host } from './host.js';
import { Output } from './output/output.js';

const OUTPUT_CLOSED: ExitCode = 141;
const OUTPUT_FAILED: ExitCode = 2;
const INTERRUPTED: ExitCode = 130;

function endWhenOutputFails(stream: NodeJS.WriteStream): void {
  stream.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(OUTPUT_CLOSED);
    if (stream === process.stdout) process.stderr.write(`emr: cannot write the output (${code})\n`);
    process.exit(OUTPUT_FAILED);
  });
}

/** The first Ctrl+C asks the work to stop and clean up; the second one does not wait for that. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(INTERRUPTED);
      controller.abort();
    });
  }
  return controller.signal;
}

function endOnUncaught(args: readonly string[], host: Host): void {
  process.on('uncaughtException', (error) => {
    const output = new Output(host, { json: args.includes('--json'), color: false });
    process.exit(reportError(error, output, host));
  });
}

/** Runs a program with the process's arguments and streams, and sets its exit code. */
export async function runProcess(
  program: (args: readonly string[], host: Host) => Promise<ExitCode>,
): Promise<void> {
  const args = process.argv.slice(2);
  const host: Host = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: interruption(),
  };
  endWhenOutputFails(process.stdout);
  endWhenOutputFails(process.stderr);
  endOnUncaught(args, host);
  process.exitCode = await program(args, host);
}
