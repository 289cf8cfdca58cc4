/**
 * The commands of `emr` and the options that all of them take.
 *
 * @module
 */
import { createRequire } from 'node:module';
import { UserId } from '@emr-share/model';
import { Command, InvalidArgumentError } from 'commander';
import { COMMANDS } from './commands/index.js';
import { EXIT_CODES } from './errors/exit-code.js';
import type { Host } from './host.js';
import { matching } from './input/option-value.js';

const { version: VERSION } = createRequire(import.meta.url)('../package.json') as {
  version: string;
};
const MAX_WAIT_SECONDS = 3600;

function parseWait(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,4}$/.test(text) && seconds <= MAX_WAIT_SECONDS) return seconds;
  throw new InvalidArgumentError(
    `It is a whole number of seconds, ${String(MAX_WAIT_SECONDS)} at most.`,
  );
}

const FIRST_STEPS_HELP = `
First steps:
  emr init patient-01                          make a keystore
  emr register                                 be known to the consortium
  emr upload summary.json                      file a record
  emr grant dr.weber --category medical-information --for 30d`;

function exitCodeHelp(): string {
  const lines = Object.entries(EXIT_CODES).map(
    ([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`,
  );
  return ['', 'Exit codes:', ...lines].join('\n');
}

const ENVIRONMENT_HELP = `
Environment:
  EMR_DATA             as --data
  EMR_PROFILE          as --profile
  EMR_USER             as --as
  EMR_PASSPHRASE_FILE  as --passphrase-file
  NO_COLOR             as --no-color
  EMR_DEBUG=1          shows where an error came from`;

/** Commands made elsewhere, and the commands in them, report and print as the program does. */
function inheritSettings(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inheritSettings(inner, command);
}

/** The parser of one call. It throws instead of ending the process. */
export function createProgram(host: Host): Command {
  const program = new Command('emr')
    .description('Share electronic medical records that only the patient can open to others.')
    .option(
      '--data <dir>',
      "keystores and the embedded consortium (default: the user's data directory)",
    )
    .option(
      '--profile <file>',
      'connection profile of a real network (default: the embedded consortium)',
    )
    .option(
      '--as <user>',
      'user to act as (default: the only keystore)',
      matching(UserId, 'a user ID such as dr.weber'),
    )
    .option('--json', 'results and errors as JSON')
    .option('--passphrase-file <file>', 'first line: the passphrase (default: asked for)')
    .option('--no-color', 'no colour, even on a terminal')
    .option('--wait <seconds>', 'how long to wait for a busy data directory', parseWait, 10)
    .version(VERSION, '-V, --version')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      // Errors are reported once, by run().
      writeErr: () => undefined,
      getOutHelpWidth: () => 100,
    })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', `${FIRST_STEPS_HELP}\n${exitCodeHelp()}\n${ENVIRONMENT_HELP}`);
  for (const makeCommand of COMMANDS) {
    const command = makeCommand(host);
    inheritSettings(command, program);
    program.addCommand(command);
  }
  return program;
}
