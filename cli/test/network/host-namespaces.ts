import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Machines of their own as far as the network is concerned, on one switch: 10.77.0.1, .2, … */
export class HostNamespaces {
  readonly hosts: readonly string[];
  readonly #prefix = `emr${String(process.pid)}`;

  constructor(hosts: readonly string[]) {
    this.hosts = hosts;
  }

  address(host: string): string {
    return `10.77.0.${String(this.hosts.indexOf(host) + 1)}`;
  }

  /** Program and arguments that run a command on that host. */
  on(host: string, command: readonly string[]): [program: string, args: string[]] {
    return ['ip', ['netns', 'exec', this.#name(host), ...command]];
  }

  async make(): Promise<void> {
    const bridge = this.#name('switch');
    await this.#ip('netns', 'add', bridge);
    await this.#ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    await this.#ip('-n', bridge, 'link', 'set', 'br0', 'up');
    for (const host of this.hosts) {
      const name = this.#name(host);
      const peer = ['peer', 'name', `port-${host}`, 'netns', bridge];
      await this.#ip('netns', 'add', name);
      await this.#ip('-n', name, 'link', 'set', 'lo', 'up');
      await this.#ip('-n', name, 'link', 'add', 'eth0', 'type', 'veth', ...peer);
      await this.#ip('-n', name, 'addr', 'add', `${this.address(host)}/24`, 'dev', 'eth0');
      await this.#ip('-n', bridge, 'link', 'set', `port-${host}`, 'master', 'br0', 'up');
      await this.plug(host);
    }
  }

  /** Pulls the host's cable. */
  async unplug(host: string): Promise<void> {
    await this.#ip('-n', this.#name(host), 'link', 'set', 'eth0', 'down');
  }

  async plug(host: string): Promise<void> {
    await this.#ip('-n', this.#name(host), 'link', 'set', 'eth0', 'up');
  }

  /** The interfaces go with their namespaces. */
  async remove(): Promise<void> {
    for (const host of [...this.hosts, 'switch']) {
      await this.#ip('netns', 'del', this.#name(host)).catch(() => undefined);
    }
  }

  #name(host: string): string {
    return `${this.#prefix}-${host}`;
  }

  async #ip(...args: string[]): Promise<void> {
    await run('ip', args);
  }
}
