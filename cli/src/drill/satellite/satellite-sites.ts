/**
 * Places that see each other over a satellite only.
 *
 * @module
 */
import { type LinkCounts, type LinkTerms, SatelliteRelay, TERRESTRIAL } from '@emr-share/network';
import { Namespaces } from '../hosts/namespaces.js';
import { connectByTun } from './tun-device.js';

export interface SatelliteSitesOptions {
  readonly hosts: readonly string[];
  /** Loopback ports for the devices, from here on. */
  readonly firstPort: number;
  /** Decides which packets are lost. */
  readonly seed: number;
}

export class SatelliteSites implements AsyncDisposable {
  readonly machines: Namespaces;
  readonly #relay: SatelliteRelay;
  readonly #devices: (() => Promise<void>)[] = [];

  private constructor(machines: Namespaces, relay: SatelliteRelay) {
    this.machines = machines;
    this.#relay = relay;
  }

  /** The address of the host in this place of the list. */
  static addressOf(index: number): string {
    return `10.78.0.${String(index + 1)}`;
  }

  /**
   * Makes the places; the link between them is terrestrial until `setTerms`.
   *
   * @throws NetworkError `FAULT_NOT_PERMITTED`, `TOOL_INVALID` where `ip` or `socat` is missing
   */
  static async open({ hosts, firstPort, seed }: SatelliteSitesOptions): Promise<SatelliteSites> {
    const places = hosts.map((name, i) => ({
      name,
      address: SatelliteSites.addressOf(i),
      port: firstPort + i,
    }));
    const relay = await SatelliteRelay.open({ places, terms: TERRESTRIAL, seed });
    const sites = new SatelliteSites(new Namespaces(hosts), relay);
    try {
      for (const { name, address, port } of places) {
        await sites.machines.add(name);
        const end = { machines: sites.machines, host: name, address, port };
        sites.#devices.push(await connectByTun({ ...end, relayPort: relay.portOf(name) }));
      }
      return sites;
    } catch (error) {
      await sites[Symbol.asyncDispose]();
      throw error;
    }
  }

  get counts(): LinkCounts {
    return this.#relay.counts;
  }

  setTerms(terms: LinkTerms): void {
    this.#relay.setTerms(terms);
  }

  cutOff(host: string): void {
    this.#relay.cutOff(host);
  }

  restore(host: string): void {
    this.#relay.restore(host);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#devices.splice(0)) await end();
    await this.machines.remove();
    await this.#relay[Symbol.asyncDispose]();
  }
}
