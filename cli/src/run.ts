/**
 * One call of `emr`, from arguments to exit code.
 *
 * @module
 */
import type { ExitCode } from './errors/exit-code.js';
import { reportError } from './errors/report-error.js';
import { asUsageError } from './errors/usage-error.js';
import type { Host } from './host.js';
import { Output } from './output/output.js';
import { createProgram } from './program.js';

/** Whether a flag stands among the arguments: also where the rest of them cannot be understood. */
function hasFlag(args: readonly string[], flag: string): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).includes(flag);
}

/** Runs `emr` with `args`; everything it says goes to the host's streams. */
export async function run(args: readonly string[], host: Host): Promise<ExitCode> {
  try {
    await createProgram(host).parseAsync([...args], { from: 'user' });
    return 0;
  } catch (thrown) {
    const error = asUsageError(thrown);
    if (error === null) return 0;
    const output = new Output(host, {
      json: hasFlag(args, '--json'),
      color: !hasFlag(args, '--no-color'),
    });
    return reportError(error, output, host);
  }
}
