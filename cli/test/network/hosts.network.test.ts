/**
 * A network on four hosts: network namespaces on one switch. Every command is the `emr` program in
 * the namespace of its host; the hosts share no folder, only the files that their admins hand over.
 */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Programs, type Ran } from '../../src/drill/hosts/programs.js';
import { SeveralHosts } from '../../src/drill/hosts/several-hosts.js';
import { SwitchedHosts } from './switched-hosts.js';

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const REGISTER = join(ROOT, 'cli', 'test', 'network', 'register.mjs');
const LIMIT_MS = 8 * 60_000;
const POLL_MS = 500;

const HOSTS = ['a', 'b', 'c', 'd'] as const;
type HostName = (typeof HOSTS)[number];

const machines = new SwitchedHosts(HOSTS);
const programs = new Programs(machines, join(ROOT, 'cli', 'dist', 'main.js'));
let folder: string;
let topology: string;
let network: SeveralHosts;
const inFolder = (...parts: string[]): string => join(folder, ...parts);

const emr = (host: HostName, ...args: string[]): Promise<Ran> => network.emr(host, ...args);

async function until<T>(what: string, attempt: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + LIMIT_MS / 2;
  for (;;) {
    const value = await attempt();
    if (value !== null) return value;
    if (Date.now() > deadline) throw new Error(`not so in time: ${what}`);
    await delay(POLL_MS);
  }
}

async function heights(host: HostName): Promise<number[]> {
  const { stdout } = await emr(host, 'status', '--json');
  const { nodes } = JSON.parse(stdout) as { nodes: { height: number | null }[] };
  return nodes.flatMap(({ height }) => height ?? []);
}

/** A new physician of HospA registers: a transaction endorsed by a majority of the hospitals. */
async function register(user: string): Promise<Ran> {
  return programs.run('a', [REGISTER, network.networkOf('a'), 'HospAMSP', user]);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emr-hosts-'));
  const dev = await readFile(join(ROOT, 'network', 'topology', 'dev.yaml'), 'utf8');
  const hosts = HOSTS.map((host) => `${host}: ${machines.address(host)}`).join(', ');
  const members = [
    ['hospa', 'HospAMSP', 'hospital', 1],
    ['hospb', 'HospBMSP', 'hospital', 1],
    ['hospc', 'HospCMSP', 'hospital', 1],
    ['regulator', 'RegulatorMSP', 'regulator', 0],
  ].map(([name, mspId, kind, peers], i) => ({ name, mspId, kind, peers, host: HOSTS[i] }));
  const settings = dev.slice(0, dev.indexOf('organizations:'));
  topology = `${settings}organizations: ${JSON.stringify(members)}\n`
    .replace(/^hosts:.*$/m, `hosts: { ${hosts} }`)
    .replace(/^name:.*$/m, 'name: emr-hosts');
  network = new SeveralHosts({ programs, hosts: HOSTS, folder });
  await machines.make();
}, LIMIT_MS);

afterAll(async () => {
  await programs.stop();
  await Promise.all(HOSTS.map((host) => emr(host, 'down', '--purge').catch(() => undefined)));
  await machines.remove();
  await rm(folder, { recursive: true, force: true });
}, LIMIT_MS);

describe('a network on four hosts', () => {
  it(
    'comes up when every host has what the others have exported',
    async () => {
      await network.up(topology);
      expect((await stat(inFolder('swarm.key'))).mode & 0o777).toBe(0o600);
      expect(await heights('a')).toEqual([expect.any(Number), expect.any(Number)]);
    },
    LIMIT_MS,
  );

  it('keeps every key on its host', async () => {
    const text = await readFile(inFolder('b.json'), 'utf8');
    expect(text).toContain('BEGIN CERTIFICATE');
    expect(text).not.toContain('PRIVATE KEY');
    for (const path of ['nodes/orderer/tls/server.key', 'users/admin/msp/keystore/key.pem']) {
      const ofOther = join(network.networkOf('a'), 'organizations', 'hospb', path);
      await expect(stat(ofOther)).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });

  it(
    'shows each host its own nodes, and which of the others answer',
    async () => {
      const { stdout, exitCode } = await emr('a', 'status', '--json');
      const { nodes } = JSON.parse(stdout) as { nodes: { host: string; state: string }[] };
      const states = (here: boolean): Set<string> =>
        new Set(nodes.filter(({ host }) => (host === 'a') === here).map(({ state }) => state));
      expect(exitCode).toBe(0);
      expect(states(true)).toEqual(new Set(['running']));
      expect(states(false)).toEqual(new Set(['reachable', 'elsewhere']));
    },
    LIMIT_MS,
  );

  it(
    'refuses to act on a node of another host',
    async () => {
      const { exitCode, stderr } = await emr('a', 'stop', 'peer0.hospb');
      expect(exitCode).toBe(4);
      expect(stderr).toContain('peer0.hospb is on host b');
    },
    LIMIT_MS,
  );

  it(
    'goes on while a host is cut off, and has it back with the same ledger',
    async () => {
      const [before = 0] = await heights('a');
      await machines.unplug('b');
      expect((await emr('a', 'status')).stdout).toMatch(/peer0\.hospb .* unreachable/);
      expect(await register('dr.meanwhile')).toMatchObject({ exitCode: 0 });
      const [height = 0] = await heights('a');
      expect(height).toBeGreaterThan(before);
      expect(Math.max(...(await heights('b')))).toBeLessThan(height);
      await machines.plug('b');
      await until('host b has caught up', async () =>
        (await heights('b')).every((one) => one >= height) ? true : null,
      );
      expect(await register('dr.afterwards')).toMatchObject({ exitCode: 0 });
    },
    LIMIT_MS,
  );
});
