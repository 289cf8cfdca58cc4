/**
 * A network on several hosts, brought up as its admins would: the `emr` program on every host, and
 * files that go from one to the other.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../../errors/cli-error.js';
import { type Programs, type Ran, type Running } from './programs.js';

const LIMIT_MS = 4 * 60_000;
const POLL_MS = 200;
const DOWN = ['down', '--purge'] as const;

export interface SeveralHostsOptions {
  readonly programs: Programs;
  /** Those with nodes, the one that makes the genesis block first. */
  readonly hosts: readonly string[];
  /** One folder for each host in here, and what their admins hand over. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

function failed(host: string, args: readonly string[], { exitCode, stderr }: Ran): CliError {
  const problem = stderr.trim().split('\n').at(-1) ?? '';
  const message = `emr network ${args[0] ?? ''} on host ${host} ended with ${String(exitCode)}: ${problem}`;
  return new CliError('DRILL_FAILED', message, { details: { host } });
}

export class SeveralHosts {
  readonly hosts: readonly string[];
  readonly folder: string;
  readonly #programs: Programs;
  readonly #signal: AbortSignal | undefined;

  constructor({ programs, hosts, folder, signal }: SeveralHostsOptions) {
    this.hosts = hosts;
    this.folder = folder;
    this.#programs = programs;
    this.#signal = signal;
  }

  /** A host's network folder. */
  networkOf(host: string): string {
    return join(this.folder, host, 'network');
  }

  /** Starts `emr network …` on a host. */
  begin(host: string, ...args: readonly string[]): Running {
    const all = [this.#programs.emr, 'network', ...args, '--dir', this.networkOf(host)];
    return this.#programs.begin(host, all);
  }

  /** Runs `emr network …` on a host, however it ends. */
  emr(host: string, ...args: readonly string[]): Promise<Ran> {
    return this.begin(host, ...args).ended;
  }

  /**
   * Runs `emr network …` on a host.
   *
   * @throws CliError `DRILL_FAILED` where it ends with an error
   */
  async mustRun(host: string, ...args: readonly string[]): Promise<Ran> {
    const ran = await this.emr(host, ...args);
    if (ran.exitCode !== 0) throw failed(host, args, ran);
    return ran;
  }

  /**
   * Brings a topology up: every host waits for what the others export, and has it imported.
   *
   * @param topology - the file's content, the same for all
   * @throws CliError `DRILL_FAILED`
   */
  async up(topology: string): Promise<void> {
    for (const host of this.hosts) {
      await mkdir(join(this.folder, host), { recursive: true, mode: 0o700 });
      await writeFile(join(this.folder, host, 'topology.yaml'), topology);
    }
    const ups = this.hosts.map((host) => {
      const file = join(this.folder, host, 'topology.yaml');
      return { host, up: this.begin(host, 'up', '--topology', file, '--host', host, '--no-color') };
    });
    for (const { up } of ups) {
      await this.says(up, 'Wait for the public material of the other hosts');
    }
    await this.#exchange();
    const [first] = ups;
    if (first !== undefined) {
      await this.says(first.up, 'Make the genesis block');
      await this.publish(first.host);
      const file = this.#materialOf(first.host);
      for (const to of this.hosts.slice(1)) await this.mustRun(to, 'import', file);
    }
    for (const { host, up } of ups) {
      const ran = await up.ended;
      if (ran.exitCode !== 0) throw failed(host, ['up'], ran);
    }
  }

  /**
   * Ends and deletes what is there on every host, also after half an `up`.
   *
   * @throws CliError `DRILL_FAILED` where something may still run; its folder is left
   */
  async down(): Promise<void> {
    const ends = this.hosts.map(async (host) => ({ host, ran: await this.emr(host, ...DOWN) }));
    const left = (await Promise.all(ends)).find(
      ({ host, ran }) => ran.exitCode !== 0 && existsSync(this.networkOf(host)),
    );
    if (left !== undefined) throw failed(left.host, DOWN, left.ran);
  }

  /** Leaves a host's public material where all admins find it. */
  async publish(host: string): Promise<void> {
    await this.mustRun(host, 'export', '--public', this.#materialOf(host));
  }

  /** Until the program says that. Throws `DRILL_FAILED` where it ends before, or is silent too long. */
  async says({ said }: Running, text: string): Promise<void> {
    const deadline = Date.now() + LIMIT_MS;
    while (!said.stderr.includes(text)) {
      if (said.exitCode !== null || Date.now() > deadline) {
        const message = `a program did not say "${text}": ${said.stderr.trim()}`;
        throw new CliError('DRILL_FAILED', message, { details: { text } });
      }
      await delay(POLL_MS, undefined, { signal: this.#signal });
    }
  }

  async #exchange(): Promise<void> {
    const [first] = this.hosts;
    const key = ['--swarm-key', join(this.folder, 'swarm.key')];
    for (const host of this.hosts) await this.publish(host);
    if (first !== undefined) await this.mustRun(first, 'export', ...key);
    for (const to of this.hosts) {
      const others = this.hosts.filter((host) => host !== to).map((from) => this.#materialOf(from));
      await this.mustRun(to, 'import', ...others, ...(to === first ? [] : key));
    }
  }

  #materialOf(host: string): string {
    return join(this.folder, `${host}.json`);
  }
}
