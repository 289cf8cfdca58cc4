import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isSystemError, NetworkError, problemOf } from '@emr-share/network';

const run = promisify(execFile);

/**
 * Machines of their own as far as the network is concerned: Linux network namespaces. Making them
 * needs root and the program `ip`.
 */
export class Namespaces {
  readonly hosts: readonly string[];
  readonly #prefix = `emr${String(process.pid)}`;
  readonly #made: string[] = [];

  constructor(hosts: readonly string[]) {
    this.hosts = hosts;
  }

  /** Name of the namespace of a host, unique on this machine. */
  nameOf(host: string): string {
    return `${this.#prefix}-${host}`;
  }

  /** Program and arguments that run a command on that host. */
  on(host: string, command: readonly string[]): [program: string, args: string[]] {
    return ['ip', ['netns', 'exec', this.nameOf(host), ...command]];
  }

  /**
   * Makes a namespace with its loopback up.
   *
   * @throws NetworkError `FAULT_NOT_PERMITTED`, `TOOL_INVALID` where there is no program `ip`
   */
  async add(host: string): Promise<void> {
    const name = this.nameOf(host);
    await this.ip('netns', 'add', name);
    this.#made.push(name);
    await this.ip('-n', name, 'link', 'set', 'lo', 'up');
  }

  /** Runs `ip` with arguments. Throws as {@link Namespaces.add}. */
  async ip(...args: readonly string[]): Promise<void> {
    try {
      await run('ip', [...args]);
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) {
        const problem = 'it is not installed; install it: apt-get install iproute2';
        throw new NetworkError('TOOL_INVALID', { tool: 'ip', problem }, { cause: error });
      }
      const details = { fault: 'a network namespace', problem: problemOf(error) };
      throw new NetworkError('FAULT_NOT_PERMITTED', details, { cause: error });
    }
  }

  /** Removes them; their interfaces go with them. */
  async remove(): Promise<void> {
    for (const name of this.#made.splice(0)) {
      await this.ip('netns', 'del', name).catch(() => undefined);
    }
  }
}
