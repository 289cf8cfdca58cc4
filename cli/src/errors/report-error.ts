/**
 * The one place where errors become a message and an exit code. No stack trace reaches a user.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { NetworkError } from '@emr-share/network';
import type { Host } from '../host.js';
import type { Output } from '../output/output.js';
import { CliError } from './cli-error.js';
import { exitCodeOf, type ExitCode } from './exit-code.js';
import { hintFor } from './hints.js';

function asReportable(error: unknown, signal: AbortSignal): EmrError | CliError | NetworkError {
  if (signal.aborted) return new CliError('INTERRUPTED', 'interrupted', { cause: error });
  if (EmrError.is(error) || NetworkError.is(error) || error instanceof CliError) return error;
  return new EmrError(
    'INTERNAL',
    {},
    {
      cause: error,
      message: 'an internal error; EMR_DEBUG=1 shows where, please report it',
    },
  );
}

/** Reports why the call failed. @returns its exit code. */
export function reportError(error: unknown, output: Output, host: Host): ExitCode {
  const reportable = asReportable(error, host.signal);
  output.error(reportable, hintFor(reportable.code));
  if (host.env['EMR_DEBUG'] === '1') {
    const trace = error instanceof Error ? error.stack : String(error);
    host.stderr.write(`${trace ?? ''}\n`);
  }
  return exitCodeOf(reportable.code);
}
