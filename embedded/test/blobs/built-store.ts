/** Runs programs over the built store in a process of their own, to kill it or watch it end. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BUILT = new URL('../../dist/blobs/unixfs-blob-store.js', import.meta.url);

/** Starts a program that has `UnixfsBlobStore` in scope; its arguments begin at `process.argv[1]`. */
export function startWithBuiltStore(program: string, args: readonly string[]): ChildProcess {
  if (!existsSync(fileURLToPath(BUILT))) {
    throw new Error('embedded/dist is missing; run npm run build first');
  }
  const source = `import { UnixfsBlobStore } from ${JSON.stringify(BUILT.href)};\n${program}`;
  return spawn(process.execPath, ['--input-type=module', '--eval', source, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs such a program to its end. Rejects when it fails, with what it wrote to stderr. */
export async function runWithBuiltStore(
  program: string,
  args: readonly string[],
): Promise<{ stdout: string }> {
  const child = startWithBuiltStore(program, args);
  const output = { stdout: '', stderr: '' };
  child.stdout!.on('data', (data: Buffer) => (output.stdout += data.toString()));
  child.stderr!.on('data', (data: Buffer) => (output.stderr += data.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`exit code ${String(code)}: ${output.stderr}`);
  return { stdout: output.stdout };
}
