/**
 * The real thing from nothing to nothing, on a network of its own: tools, twenty processes, a channel,
 * the contract service.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  connectionProfiles,
  diagnose,
  down,
  loadTopology,
  type NetworkStatus,
  networkPaths,
  nodesOf,
  type ProgressEvent,
  resolveTools,
  startNode,
  status,
  stopNode,
  up,
} from '../src/index.js';
import { isPortFree } from '../src/up/ports-free.js';
import { swarmPeers } from '../src/up/node-steps.js';
import { isRole } from '../src/topology/topology.js';
import { tempDir } from './support/temp-dir.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVICE = join(ROOT, 'chaincode', 'dist', 'service', 'main.js');
const SOURCES = join(ROOT, '..', 'shared', 'sources');
const TOOLS_LIMIT_MS = 30 * 60_000;
const LIMIT_MS = 4 * 60_000;

describe('a network from nothing', () => {
  const contract = { command: [process.execPath, SERVICE] as const };
  const sources = process.env['EMR_SOURCES'] ?? SOURCES;
  const tools = existsSync(sources) ? { sources } : {};
  let dir = '';

  const topology = loadTopology('dev', { basePort: 24_000 });
  const heights = ({ nodes }: NetworkStatus): Set<number | null> =>
    new Set(nodes.filter(({ height }) => height !== null).map(({ height }) => height));

  async function bringUp(): Promise<ProgressEvent[]> {
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent): number => events.push(event);
    await up(await topology, { dir, contract, tools, onProgress });
    return events;
  }

  afterAll(async () => {
    if (dir !== '' && existsSync(networkPaths(dir).state)) await down(dir, { purge: true });
  }, LIMIT_MS);

  it(
    'finds or builds its tools',
    async () => {
      const toolset = await resolveTools((await topology).tools, tools);
      expect(toolset.report()).toHaveLength(3);
      expect(existsSync(SERVICE)).toBe(true); // built by: npm run build
    },
    TOOLS_LIMIT_MS,
  );

  it(
    'goes on from where an interrupted start stopped',
    async () => {
      dir = join(await tempDir(), 'net');
      const signal = AbortSignal.timeout(4_000);
      await expect(up(await topology, { dir, contract, tools, signal })).rejects.toThrow(
        /timeout/i,
      );
      const half = await diagnose(dir, { tools });
      expect(half.map(({ code }) => code)).toContain('HALF_STARTED');

      await bringUp();
      const now = await status(dir);
      expect(now.nodes.filter(({ state }) => state !== 'running')).toEqual([]);
      expect(heights(now).size).toBe(1);
      expect(await diagnose(dir, { tools })).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'is not changed by bringing it up again',
    async () => {
      const before = await status(dir);
      const events = await bringUp();
      const started = events.filter(({ kind }) => kind === 'started');
      const checks = /^(ordering|ready\..*)$/;
      expect(started.filter((event) => !('step' in event && checks.test(event.step)))).toEqual([]);
      const pids = ({ nodes }: NetworkStatus): (number | null)[] => nodes.map(({ pid }) => pid);
      expect(pids(await status(dir))).toEqual(pids(before));
    },
    LIMIT_MS,
  );

  it('shows no secret on any command line, and lets no other user near a key', async () => {
    const { record, organization } = networkPaths(dir);
    const secret = await readFile(organization('hospa').registrarSecret, 'utf8');
    for (const node of nodesOf(await topology)) {
      const { pid } = JSON.parse(await readFile(record(node.name), 'utf8')) as { pid: number };
      const commandLine = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8');
      expect(commandLine).not.toMatch(/PRIVATE KEY|pass|secret/i);
      expect(commandLine).not.toContain(secret);
    }
    const files = await readdir(dir, { recursive: true, withFileTypes: true });
    const open: string[] = [];
    for (const file of files.filter((entry) => entry.isFile())) {
      const path = join(file.parentPath, file.name);
      const text = await readFile(path, 'latin1');
      if (!text.includes('PRIVATE KEY')) continue;
      if (((await stat(path)).mode & 0o077) !== 0) open.push(path);
    }
    expect(open).toEqual([]);
    expect((await stat(dir)).mode & 0o077).toBe(0);
  });

  it('stores content on one Kubo node and has it on another', async () => {
    const kubo = nodesOf(await topology).filter((node) => isRole(node, 'kubo'));
    const [first, second] = kubo.map(
      ({ address, ports }) => `http://${address}:${String(ports.api)}`,
    );
    const form = new FormData();
    form.set('file', new Blob(['ciphertext']));
    const added = await fetch(`${first!}/api/v0/add?cid-version=1`, { method: 'POST', body: form });
    const { Hash } = (await added.json()) as { Hash: string };
    const got = await fetch(`${second!}/api/v0/cat?arg=${Hash}`, { method: 'POST' });
    expect(await got.text()).toBe('ciphertext');
    expect(await Promise.all(kubo.map((node) => swarmPeers(node)))).toEqual([2, 2, 2]);
  });

  it('tells clients where its gateways are, and by which roots to know them', async () => {
    const profiles = await connectionProfiles(dir);
    expect(Object.keys(profiles)).toEqual(['hospa', 'hospb', 'hospc', 'regulator']);
    expect(Object.keys(profiles['hospb']!.peers)[0]).toBe('peer0.hospb');
    expect(profiles['regulator']!.stores).toHaveLength(3);
    expect(JSON.stringify(profiles)).not.toContain('PRIVATE');
  });

  it(
    'sees a killed peer, and has it back with the whole ledger',
    async () => {
      expect(await stopNode(dir, 'peer0.hospa', { graceMs: 0 })).toBe('killed');
      const without = await status(dir);
      expect(without.nodes.filter(({ state }) => state !== 'running')).toMatchObject([
        { node: 'peer0.hospa', state: 'stopped' },
      ]);
      await startNode(dir, 'peer0.hospa', { tools });
      const again = await status(dir);
      expect(again.healthy).toBe(true);
      expect(heights(again).size).toBe(1);
    },
    LIMIT_MS,
  );

  it(
    'comes back from disk after all of it was stopped',
    async () => {
      const before = await status(dir);
      const report = await down(dir);
      expect(report).toHaveLength(20);
      expect(report.filter(({ outcome }) => outcome !== 'stopped')).toEqual([]);
      await bringUp();
      const after = await status(dir);
      expect(after.healthy).toBe(true);
      expect(heights(after)).toEqual(heights(before));
    },
    LIMIT_MS,
  );

  it(
    'leaves nothing running and nothing on disk when it is purged',
    async () => {
      const pids = (await status(dir)).nodes.map(({ pid }) => pid);
      await down(dir, { purge: true });
      expect(existsSync(dir)).toBe(false);
      for (const pid of pids) expect(existsSync(`/proc/${String(pid)}`)).toBe(false);
      for (const node of nodesOf(await topology)) {
        for (const port of Object.values<number>(node.ports)) {
          expect(await isPortFree(node.address, port)).toBe(true);
        }
      }
    },
    LIMIT_MS,
  );
});
