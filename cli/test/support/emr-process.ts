import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ran } from './capture.js';

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

/** Builds `cli/dist`; quick, and without a change on the disk, where it is fresh. */
export function buildCli(): void {
  const { status, stdout } = spawnSync(process.execPath, [TSC, '-b', 'cli'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the build failed:\n${stdout}`);
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Gets the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs a built program of the CLI as a process of its own, without a terminal. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { env = {}, onStart }: ProcessOptions = {},
): Promise<Ran & { readonly bytes: Buffer }> {
  const child = spawn(process.execPath, [join(ROOT, 'cli', 'dist', program), ...args], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  onStart?.(child);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === null) reject(new Error(`the program was ended by ${String(signal)}`));
      else resolve(code);
    });
  });
  const bytes = Buffer.concat(out);
  return { exitCode, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() };
}
