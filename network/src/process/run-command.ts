import { basename } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { NetworkError } from '../errors.js';

export interface CommandOptions {
  /** Added to this process' environment. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  limitMs: number;
  signal?: AbortSignal | undefined;
}

/** Both streams in the order they came, and standard output alone. */
export interface CommandOutput {
  all: string;
  stdout: string;
}

const SHOWN_LINES = 4;
const SHOWN_CHARACTERS = 600;
/** Where a program says why it failed; what follows a panic is its stack. */
const TELLING = /\b(PANI|FATA|CRIT|panic:|fatal:|Error:)/;

/** Why a program failed, by its output: from the first telling line on, or the last lines. */
export function reasonIn(output: string): string {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const telling = lines.findIndex((line) => TELLING.test(line));
  const first = telling < 0 ? Math.max(0, lines.length - SHOWN_LINES) : telling;
  return lines
    .slice(first, first + SHOWN_LINES)
    .join(' · ')
    .slice(0, SHOWN_CHARACTERS)
    .trim();
}

/**
 * Runs a program to its end, without a terminal and without input.
 *
 * @throws {@link NetworkError} COMMAND_FAILED with the end of its output; the signal's reason when
 *   aborted
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandOutput> {
  const { env = {}, cwd, limitMs, signal } = options;
  const result = await execa(program, args, {
    env,
    stdin: 'ignore',
    all: true,
    reject: false,
    timeout: limitMs,
    forceKillAfterDelay: 2_000,
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  const { all, stdout } = result;
  signal?.throwIfAborted();
  if (!result.failed) return { all, stdout };
  const command = [basename(program), ...args.slice(0, 3)].join(' ');
  const problem = result.timedOut
    ? `no end after ${String(limitMs / 1000)} s`
    : reasonIn(all) || (result.shortMessage ?? 'it failed');
  throw new NetworkError('COMMAND_FAILED', { command, problem }, { cause: result });
}
