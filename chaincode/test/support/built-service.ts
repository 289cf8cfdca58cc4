/** The built service as a process of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const CHAINCODE = fileURLToPath(new URL('../..', import.meta.url));
const TSC = 'node_modules/typescript/bin/tsc';

/** Builds what the service runs from, as far as it is out of date. */
export function build(): void {
  const { status, stdout } = spawnSync(process.execPath, [TSC, '-b', 'chaincode'], { cwd: ROOT });
  if (status !== 0) throw new Error(`the build fails: ${stdout.toString()}`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class ServiceProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(environment: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, ['dist/service/main.js'], {
      cwd: CHAINCODE,
      // fabric-shim calls a deprecated method of its gRPC library.
      env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (data: Buffer) => (this.#stdout += data.toString()));
    this.#child.stderr?.on('data', (data: Buffer) => (this.#stderr += data.toString()));
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Resolves when the service says that it is ready; fails where it ends before. */
  async ready(): Promise<void> {
    const announced = new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.#stdout.includes(' ready on ')) resolve();
      };
      this.#child.stdout?.on('data', look);
      look();
    });
    const early = this.ended.then(({ stderr }) => {
      throw new Error(`the service ended: ${stderr}`);
    });
    await Promise.race([announced, early]);
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }
}
