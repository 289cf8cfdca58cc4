import { Namespaces } from '../../src/drill/hosts/namespaces.js';

const SWITCH = 'switch';

/** Hosts on one switch: 10.77.0.1, .2, … */
export class SwitchedHosts extends Namespaces {
  address(host: string): string {
    return `10.77.0.${String(this.hosts.indexOf(host) + 1)}`;
  }

  async make(): Promise<void> {
    const bridge = this.nameOf(SWITCH);
    await this.add(SWITCH);
    await this.ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    await this.ip('-n', bridge, 'link', 'set', 'br0', 'up');
    for (const host of this.hosts) {
      const name = this.nameOf(host);
      const peer = ['peer', 'name', `port-${host}`, 'netns', bridge];
      await this.add(host);
      await this.ip('-n', name, 'link', 'add', 'eth0', 'type', 'veth', ...peer);
      await this.ip('-n', name, 'addr', 'add', `${this.address(host)}/24`, 'dev', 'eth0');
      await this.ip('-n', bridge, 'link', 'set', `port-${host}`, 'master', 'br0', 'up');
      await this.plug(host);
    }
  }

  /** Pulls the host's cable. */
  async unplug(host: string): Promise<void> {
    await this.ip('-n', this.nameOf(host), 'link', 'set', 'eth0', 'down');
  }

  async plug(host: string): Promise<void> {
    await this.ip('-n', this.nameOf(host), 'link', 'set', 'eth0', 'up');
  }
}
