import { basename } from 'node:path';
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

const TAIL_LINES = 3;
const TAIL_CHARACTERS = 600;

/** The end of an output, on one line: where programs say why they failed. */
export function tailOf(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-TAIL_LINES).join(' · ').slice(-TAIL_CHARACTERS).trim();
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
    : tailOf(all) || (result.shortMessage ?? 'it failed');
  throw new NetworkError('COMMAND_FAILED', { command, problem }, { cause: result });
}
