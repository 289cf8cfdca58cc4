/**
 * A network on four hosts: network namespaces on one switch. Every command is the `emr` program in
 * the namespace of its host; the hosts share no folder, only the files that their admins hand over.
 */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Programs, type Ran, type Running } from '../../src/drill/hosts/programs.js';
import { SwitchedHosts } from './switched-hosts.js';

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const EMR = join(ROOT, 'cli', 'dist', 'main.js');
const REGISTER = join(ROOT, 'cli', 'test', 'network', 'register.mjs');
const LIMIT_MS = 8 * 60_000;
const POLL_MS = 500;

const HOSTS = ['a', 'b', 'c', 'd'] as const;
type HostName = (typeof HOSTS)[number];

const machines = new SwitchedHosts(HOSTS);
const programs = new Programs(machines);
let folder: string;
const inFolder = (...parts: string[]): string => join(folder, ...parts);
const networkOf = (host: HostName): string => inFolder(host, 'network');

const emrArgs = (host: HostName, args: readonly string[]): string[] => [
  ...[EMR, 'network', ...args],
  ...['--dir', networkOf(host)],
];

function emr(host: HostName, ...args: string[]): Promise<Ran> {
  return programs.run(host, emrArgs(host, args));
}

/** Until the program says that; fails where it ends before. */
async function says({ said }: Running, text: string): Promise<void> {
  await until(`it says "${text}"`, () => {
    if (said.exitCode !== null) throw new Error(`it ended: ${said.stderr}`);
    return Promise.resolve(said.stderr.includes(text) ? true : null);
  });
}

async function until<T>(what: string, attempt: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + LIMIT_MS / 2;
  for (;;) {
    const value = await attempt();
    if (value !== null) return value;
    if (Date.now() > deadline) throw new Error(`not so in time: ${what}`);
    await delay(POLL_MS);
  }
}

/** Leaves a host's public material where all admins find it. */
async function publish(host: HostName): Promise<void> {
  const ran = await emr(host, 'export', '--public', inFolder(`${host}.json`));
  expect(ran).toMatchObject({ exitCode: 0 });
}

async function heights(host: HostName): Promise<number[]> {
  const { stdout } = await emr(host, 'status', '--json');
  const { nodes } = JSON.parse(stdout) as { nodes: { height: number | null }[] };
  return nodes.flatMap(({ height }) => height ?? []);
}

/** A new physician of HospA registers: a transaction endorsed by a majority of the hospitals. */
async function register(user: string): Promise<Ran> {
  return programs.run('a', [REGISTER, networkOf('a'), 'HospAMSP', user]);
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
  const topology = `${settings}organizations: ${JSON.stringify(members)}\n`
    .replace(/^hosts:.*$/m, `hosts: { ${hosts} }`)
    .replace(/^name:.*$/m, 'name: emr-hosts');
  for (const host of HOSTS) {
    await mkdir(inFolder(host), { mode: 0o700 });
    await writeFile(inFolder(host, 'topology.yaml'), topology);
  }
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
      const ups = HOSTS.map((host) =>
        programs.begin(
          host,
          emrArgs(host, [
            'up',
            ...['--topology', inFolder(host, 'topology.yaml'), '--host', host, '--no-color'],
          ]),
        ),
      );
      for (const up of ups) await says(up, 'Wait for the public material of the other hosts');
      for (const host of HOSTS) await publish(host);
      const key = ['--swarm-key', inFolder('swarm.key')];
      expect(await emr('a', 'export', ...key)).toMatchObject({ exitCode: 0 });
      expect((await stat(inFolder('swarm.key'))).mode & 0o777).toBe(0o600);
      for (const to of HOSTS) {
        const files = HOSTS.filter((host) => host !== to).map((from) => inFolder(`${from}.json`));
        const ran = await emr(to, 'import', ...files, ...(to === 'a' ? [] : key));
        expect(ran).toMatchObject({ exitCode: 0 });
      }
      await says(ups[0]!, 'Make the genesis block');
      await publish('a');
      for (const to of HOSTS.slice(1)) {
        const ran = await emr(to, 'import', inFolder('a.json'));
        expect(ran).toMatchObject({ exitCode: 0 });
        expect(ran.stdout).toContain('Host a, with the genesis block');
      }
      for (const ran of await Promise.all(ups.map(({ ended }) => ended))) {
        expect(ran).toMatchObject({ exitCode: 0 });
      }
    },
    LIMIT_MS,
  );

  it('keeps every key on its host', async () => {
    const text = await readFile(inFolder('b.json'), 'utf8');
    expect(text).toContain('BEGIN CERTIFICATE');
    expect(text).not.toContain('PRIVATE KEY');
    for (const path of ['nodes/orderer/tls/server.key', 'users/admin/msp/keystore/key.pem']) {
      const ofOther = join(networkOf('a'), 'organizations', 'hospb', path);
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
