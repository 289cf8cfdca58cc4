import { Readable, Writable } from 'node:stream';
import type { Host } from '../../src/host.js';
import { run } from '../../src/run.js';

/** What one call said, and how it ended. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

class Captured extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A host without a terminal that keeps what is written. */
export function captureHost(env: Host['env'] = {}): {
  host: Host;
  ended: (exitCode: number) => Ran;
} {
  const stdout = new Captured();
  const stderr = new Captured();
  return {
    host: { stdin: Readable.from([]), stdout, stderr, env, signal: new AbortController().signal },
    ended: (exitCode) => ({ exitCode, stdout: stdout.text, stderr: stderr.text }),
  };
}

/** Runs `emr` in this process. */
export async function emrHere(args: readonly string[], env: Host['env'] = {}): Promise<Ran> {
  const { host, ended } = captureHost(env);
  return ended(await run(args, host));
}
