import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  diagnose,
  down,
  loadTopology,
  mermaid,
  networkPaths,
  nodeLog,
  status,
  stopNode,
  up,
} from '../src/index.js';
import { heightIn } from '../src/nodes/health.js';
import { MetricsPage } from '../src/nodes/metrics-page.js';
import { startProcess } from '../src/process/start-process.js';
import { livenessOf, writeProcessRecord } from '../src/process/process-record.js';
import { NetworkState } from '../src/up/state.js';
import { requirePorts } from '../src/up/ports-free.js';
import { changesIn } from '../src/up/topology-changes.js';
import { tempDir } from './support/temp-dir.js';

const BASE_PORT = 27_000;
const topology = await loadTopology('dev', { basePort: BASE_PORT });
const contract = { command: ['/bin/true'] as const };
const servers: Server[] = [];

afterAll(() => {
  for (const server of servers) server.close();
});

async function listen(port: number): Promise<void> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
}

/** A folder as `up` leaves it when it is interrupted at once. */
async function begun(): Promise<string> {
  const dir = await tempDir();
  await NetworkState.begin(networkPaths(dir), topology, contract);
  return dir;
}

describe('a network folder', () => {
  it('is refused when it holds something else, and left as it is', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'thesis.txt'), 'x');
    await expect(up(topology, { dir, contract })).rejects.toMatchObject({
      code: 'NETWORK_DIR_FOREIGN',
    });
    expect(await readdir(dir)).toEqual(['thesis.txt']);
  });

  it('is refused for another topology, with what differs', async () => {
    const dir = await begun();
    const other = await loadTopology('dev', { basePort: BASE_PORT + 1_000 });
    await expect(up(other, { dir, contract })).rejects.toMatchObject({
      code: 'TOPOLOGY_CHANGED',
      details: { changed: expect.stringContaining('organizations.0.ca.ports.api') as unknown },
    });
  });

  it('may get other users and other tools', () => {
    const [hospa, ...rest] = topology.organizations;
    const changed = {
      ...topology,
      tools: { ...topology.tools, kubo: '0.43.0' },
      organizations: [
        { ...hospa!, users: [{ name: 'ann', attributes: { role: 'physician' } }] },
        ...rest,
      ],
    };
    expect(changesIn(topology, changed)).toEqual([]);
  });

  it('cannot be where peers would split its path', async () => {
    const dir = join(await tempDir(), 'with blank');
    await expect(up(topology, { dir, contract })).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });

  it('that is none is said to be none', async () => {
    const dir = await tempDir();
    for (const attempt of [status(dir), down(dir), diagnose(dir), nodeLog(dir, 'x', 1)]) {
      await expect(attempt).rejects.toMatchObject({ code: 'NETWORK_NOT_FOUND' });
    }
  });

  it('keeps its state for its owner alone', async () => {
    const { state } = networkPaths(await begun());
    expect((await stat(state)).mode & 0o777).toBe(0o600);
  });
});

describe('ports of other programs', () => {
  it('are found before anything is started', async () => {
    const dir = await begun();
    const [hospa] = topology.organizations;
    await listen(hospa!.peers[0]!.ports.grpc);
    await expect(requirePorts(topology, networkPaths(dir))).rejects.toMatchObject({
      code: 'PORTS_TAKEN',
      details: { ports: `127.0.0.1:${String(BASE_PORT + 40)} for peer0.hospa` },
    });
  });
});

describe('the doctor', () => {
  it('finds the half-started set-up, the stopped nodes, the dead process and the taken port', async () => {
    const dir = await begun();
    const { record, log } = networkPaths(dir);
    await writeProcessRecord(record('ca.hospb'), {
      node: 'ca.hospb',
      pid: process.pid,
      startMark: 'another process',
      command: [],
      launch: '',
      log: log('ca.hospb'),
      startedAt: '',
    });
    await listen(BASE_PORT + 300);
    const findings = await diagnose(dir, { tools: { cacheDir: join(dir, 'none') } });
    const codes = findings.map(({ code, subject }) => `${code} ${subject}`);
    expect(codes).toContain('HALF_STARTED emr-dev');
    expect(codes).toContain('NODE_STOPPED orderer.regulator');
    expect(codes).toContain('PID_STALE ca.hospb');
    expect(codes).toContain('PORT_TAKEN ca.regulator');
    expect(findings.every(({ remedy }) => remedy !== '')).toBe(true);
    const ranks = findings.map(({ severity }) => severity);
    expect(ranks.lastIndexOf('error')).toBeLessThan(ranks.indexOf('warning'));
  });
});

describe('down', () => {
  it('ends what was started, spares what was not, and purges only when asked', async () => {
    const dir = await begun();
    const paths = networkPaths(dir);
    await mkdir(dir, { recursive: true });
    const own = await startProcess({
      node: 'peer0.hospa',
      command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
      env: {},
      cwd: dir,
      log: paths.log('peer0.hospa'),
      record: paths.record('peer0.hospa'),
    });
    await writeProcessRecord(paths.record('peer1.hospa'), {
      ...own,
      node: 'peer1.hospa',
      pid: process.pid,
    });
    const report = await down(dir, { graceMs: 5_000 });
    expect(report).toEqual(
      expect.arrayContaining([
        { node: 'peer0.hospa', outcome: 'stopped' },
        { node: 'peer1.hospa', outcome: 'gone' },
      ]),
    );
    expect(await livenessOf(own)).toBe('gone');
    expect(await readdir(join(dir, 'run'))).toEqual([]);
    expect(await down(dir)).toEqual([]);
    await down(dir, { purge: true });
    await expect(status(dir)).rejects.toMatchObject({ code: 'NETWORK_NOT_FOUND' });
  });
});

describe('status', () => {
  it('lists every node with its port and why it is not running', async () => {
    const { nodes, healthy } = await status(await begun());
    expect(healthy).toBe(false);
    expect(nodes).toHaveLength(20);
    expect(nodes.find(({ node }) => node === 'kubo.hospb')).toMatchObject({
      role: 'kubo',
      port: BASE_PORT + 131,
      state: 'stopped',
      pid: null,
      problem: 'it does not run',
    });
  });

  it('reads the height of the channel from the metrics', () => {
    const page = new MetricsPage(
      '# TYPE x gauge\nledger_blockchain_height{channel="other"} 3\nledger_blockchain_height{channel="emr"} 1.7e+01\n',
    );
    expect(heightIn(page, 'emr')).toBe(17);
    expect(heightIn(page, 'none')).toBeNull();
  });
});

describe('a node that is not there', () => {
  it('is named, with those that are', async () => {
    await expect(stopNode(await begun(), 'peer9.hospa')).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
      details: { known: expect.stringContaining('peer1.hospc') as unknown },
    });
  });
});

describe('the picture', () => {
  it('shows every organization, every node and who talks to whom', () => {
    const picture = mermaid(topology);
    expect(picture).toMatch(/^flowchart LR\n/);
    expect(picture).toContain('subgraph regulator["regulator · RegulatorMSP"]');
    expect(picture).toContain('peer1_hospb -- mTLS --> contract_hospb');
    expect(picture).toContain('orderer_regulator <==>|bft| orderer_hospa');
    expect(picture.match(/^ {2}end$/gm)).toHaveLength(4);
  });
});
