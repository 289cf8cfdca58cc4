/**
 * What the argument parser throws, as an error of ours.
 *
 * @module
 */
import { CommanderError } from 'commander';
import { CliError } from './cli-error.js';

const MISSING_COMMAND = 'commander.help';
/** A value that was attached to an option nobody knows might be a secret. */
const ATTACHED_VALUE = /'(--?[^'=\s]+)=[^']*'/;

/** A value as long as this is no use in a message. */
const LONG_WORD = /\S{120,}/g;

function shortened(word: string): string {
  return `${word.slice(0, 40)}…`;
}

/**
 * Turns a parser's error into a `USAGE` error and leaves others as they are.
 *
 * @returns `null` where the parser only says that it has printed the help or the version.
 */
export function asUsageError(thrown: unknown): unknown {
  if (!(thrown instanceof CommanderError)) return thrown;
  if (thrown.exitCode === 0) return null;
  const message =
    thrown.code === MISSING_COMMAND
      ? 'no command given; emr --help lists them'
      : thrown.message
          .replace(/^error: /, '')
          .replace(ATTACHED_VALUE, "'$1'")
          .replace(LONG_WORD, shortened);
  return new CliError('USAGE', message, { cause: thrown });
}
