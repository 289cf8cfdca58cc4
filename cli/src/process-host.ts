/**
 * The process as {@link Host}: Ctrl+C becomes an abort, a closed pipe ends quietly.
 *
 * @module
 */
import type { ExitCode } from './errors/exit-code.js';
import type { Host } from './host.js';

const OUTPUT_CLOSED: ExitCode = 141;
const INTERRUPTED: ExitCode = 130;

function endQuietlyOnClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(OUTPUT_CLOSED);
    throw error;
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

/** Runs a program with the process's arguments and streams, and sets its exit code. */
export async function runProcess(
  program: (args: readonly string[], host: Host) => Promise<ExitCode>,
): Promise<void> {
  endQuietlyOnClosedPipe(process.stdout);
  endQuietlyOnClosedPipe(process.stderr);
  const host: Host = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: interruption(),
  };
  process.exitCode = await program(process.argv.slice(2), host);
}
