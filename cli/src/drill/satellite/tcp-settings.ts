/**
 * What the hosts of a deployment over satellites set, too: TCP of Linux is made for shorter ways.
 *
 * @module
 */
import type { Namespaces } from '../hosts/namespaces.js';

/** Below `/proc/sys/net/ipv4`. */
const SETTINGS = {
  // A host that is gone is given up after 2 s, not after two minutes. Orderers wait for that: their
  // first vote to one of them after the loss holds up the votes to the others.
  tcp_syn_retries: '1',
  // A connection that was idle begins where it was, not with a few packets and a way back.
  tcp_slow_start_after_idle: '0',
  // Further losses of a packet on a quiet connection: no doubling of the wait.
  tcp_thin_linear_timeouts: '1',
} as const;

/** Ends the guessing from single losses that the line is full; not in every kernel. */
const CONGESTION_CONTROL = 'bbr';

/** Packets at once, before the first word comes back; until a loss is noticed; each one confirmed. */
const ROUTE = ['initcwnd', '32', 'initrwnd', '32', 'rto_min', '100ms', 'quickack', '1'];

export interface HostOnSatellite {
  readonly machines: Namespaces;
  readonly host: string;
  readonly device: string;
  /** The host's own, and those that it reaches through the device. */
  readonly address: string;
  readonly network: string;
}

/**
 * Sets a host up for long ways.
 *
 * @throws NetworkError `FAULT_NOT_PERMITTED`
 */
export async function setTcp(options: HostOnSatellite): Promise<void> {
  const { machines, host, device, address, network } = options;
  const name = machines.nameOf(host);
  const write = (setting: string, value: string): string =>
    `echo ${value} > /proc/sys/net/ipv4/${setting}`;
  const script = [
    'set -e',
    ...Object.entries(SETTINGS).map(([setting, value]) => write(setting, value)),
    `${write('tcp_congestion_control', CONGESTION_CONTROL)} 2>/dev/null || true`,
  ].join('\n');
  await machines.ip('netns', 'exec', name, 'sh', '-c', script);
  const to = ['route', 'replace', network, 'dev', device, 'src', address];
  await machines.ip('-n', name, ...to, ...ROUTE);
}
