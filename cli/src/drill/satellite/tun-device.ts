/**
 * A TUN device whose packets travel in UDP datagrams over the loopback: one end of a satellite link.
 * The program `socat` passes them on; it ends with the drill.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isSystemError, NetworkError } from '@emr-share/network';
import type { Namespaces } from '../hosts/namespaces.js';
import { setTcp } from './tcp-settings.js';

const POLL_MS = 20;
const LIMIT_MS = 5_000;
const PREFIX_BITS = 24;
const NETWORK = `10.78.0.0/${String(PREFIX_BITS)}`;

export interface TunDeviceOptions {
  readonly machines: Namespaces;
  readonly host: string;
  /** IPv4 address of the host. */
  readonly address: string;
  /** Loopback port of the device's own end. */
  readonly port: number;
  /** Loopback port of the satellite. */
  readonly relayPort: number;
}

function problemWithSocat(error: unknown): NetworkError {
  const problem = isSystemError(error, 'ENOENT')
    ? 'it is not installed; install it: apt-get install socat'
    : String(error);
  return new NetworkError('TOOL_INVALID', { tool: 'socat', problem }, { cause: error });
}

async function started(child: ChildProcess): Promise<void> {
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw problemWithSocat(error);
  }
}

async function isThere(device: string): Promise<boolean> {
  return (await stat(`/sys/class/net/${device}`).catch(() => null)) !== null;
}

/**
 * Gives a host its only interface.
 *
 * @returns what ends it
 * @throws NetworkError `TOOL_INVALID` without socat, `FAULT_NOT_PERMITTED`
 */
export async function connectByTun(options: TunDeviceOptions): Promise<() => Promise<void>> {
  const { machines, host, address, port, relayPort } = options;
  const device = machines.nameOf(host);
  const child = spawn(
    'socat',
    [
      `TUN,tun-name=${device},tun-type=tun,iff-no-pi`,
      `UDP4-DATAGRAM:127.0.0.1:${String(relayPort)},bind=127.0.0.1:${String(port)}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await started(child);
  const closed = once(child, 'close');
  const deadline = Date.now() + LIMIT_MS;
  while (!(await isThere(device))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill();
      const details = { fault: 'a TUN device', problem: said.trim() };
      throw new NetworkError('FAULT_NOT_PERMITTED', details);
    }
    await delay(POLL_MS);
  }
  // The device goes into the namespace; its other end stays with socat, out here.
  const name = machines.nameOf(host);
  await machines.ip('link', 'set', device, 'netns', name);
  await machines.ip('-n', name, 'addr', 'add', `${address}/${String(PREFIX_BITS)}`, 'dev', device);
  await machines.ip('-n', name, 'link', 'set', device, 'up');
  await setTcp({ machines, host, device, address, network: NETWORK });
  return async () => {
    child.kill();
    await closed;
  };
}
