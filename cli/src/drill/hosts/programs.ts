/**
 * Programs that run on the hosts of a drill, each in the namespace of its host.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Namespaces } from './namespaces.js';

/** The `emr` program of this installation. */
const EMR_PROGRAM = fileURLToPath(new URL('../../main.js', import.meta.url));

/** What a program has said so far, and how it ended; `null` while it runs. */
export interface Ran {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  readonly said: Ran;
  readonly ended: Promise<Ran>;
}

/** Starts programs of Node on hosts, and ends those that are left. */
export class Programs {
  /** The `emr` program that they run. */
  readonly emr: string;
  readonly #machines: Namespaces;
  readonly #running = new Map<ChildProcess, Promise<Ran>>();

  constructor(machines: Namespaces, emr = EMR_PROGRAM) {
    this.emr = emr;
    this.#machines = machines;
  }

  begin(host: string, args: readonly string[]): Running {
    const [program, all] = this.#machines.on(host, [process.execPath, ...args]);
    const child = spawn(program, all, { stdio: ['ignore', 'pipe', 'pipe'] });
    const said: Ran = { exitCode: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    const ended = new Promise<Ran>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exitCode) => {
        this.#running.delete(child);
        resolve(Object.assign(said, { exitCode }));
      });
    });
    this.#running.set(child, ended);
    return { said, ended };
  }

  run(host: string, args: readonly string[]): Promise<Ran> {
    return this.begin(host, args).ended;
  }

  /** Ends those that have not ended. */
  async stop(): Promise<void> {
    for (const child of this.#running.keys()) child.kill();
    await Promise.allSettled(this.#running.values());
  }
}
