import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { emrHere } from '../support/capture.js';

const HUGE = 'a'.repeat(100_000);
let folder: string;
const inFolder = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emr-network-cli-'));
  await mkdir(inFolder('thesis'));
  await writeFile(inFolder('thesis/chapter.txt'), 'x');
  await mkdir(inFolder('damaged'));
  await writeFile(inFolder('damaged/state.json'), '{');
  await writeFile(inFolder('broken.yaml'), 'version: [');
  await writeFile(inFolder('wrong.yaml'), 'version: 7\nname: 3\n');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('emr network, asked wrongly', () => {
  it.each<[string, number, string]>([
    ['up --topology missing.yaml', 2, 'TOPOLOGY_INVALID'],
    ['up --topology DIR/broken.yaml', 2, 'TOPOLOGY_INVALID'],
    ['up --topology DIR/wrong.yaml', 2, 'TOPOLOGY_INVALID'],
    ['up --topology DIR', 2, 'TOPOLOGY_INVALID'],
    ['up --base-port 80', 2, 'USAGE'],
    ['up --base-port 65536', 2, 'USAGE'],
    ['up --base-port 1e4', 2, 'USAGE'],
    ['up --host moon', 2, 'HOST_UNKNOWN'],
    ['up --others -1', 2, 'USAGE'],
    ['up --dir DIR/thesis', 5, 'NETWORK_DIR_FOREIGN'],
    ['up --dir DIR/damaged --topology dev', 6, 'STATE_INVALID'],
    ['up --dir DIR/with[brackets]', 6, 'STATE_INVALID'],
    ['down --dir DIR/none', 4, 'NETWORK_NOT_FOUND'],
    ['down --purge --dir DIR/thesis', 4, 'NETWORK_NOT_FOUND'],
    ['status --dir DIR/none', 4, 'NETWORK_NOT_FOUND'],
    ['status --dir DIR/damaged', 6, 'STATE_INVALID'],
    ['doctor --dir DIR/none', 4, 'NETWORK_NOT_FOUND'],
    ['top --once --dir DIR/none', 4, 'NETWORK_NOT_FOUND'],
    ['logs', 2, 'USAGE'],
    ['logs peer0.hospa --dir DIR/none', 4, 'NETWORK_NOT_FOUND'],
    ['logs peer0.hospa -n many --dir DIR/none', 2, 'USAGE'],
    ['stop', 2, 'USAGE'],
    ['stop peer0.hospa --dir DIR/none', 4, 'NETWORK_NOT_FOUND'],
    ['start hospa --dir DIR/none', 4, 'NETWORK_NOT_FOUND'],
    ['import --dir DIR/none', 2, 'USAGE'],
    ['import DIR/missing.json --dir DIR/thesis', 2, 'FILE_UNREADABLE'],
    ['import DIR --dir DIR/thesis', 2, 'FILE_UNREADABLE'],
    ['export --public x --dir DIR/none', 4, 'NETWORK_NOT_FOUND'],
    ['render --out DIR/out', 2, 'USAGE'],
    ['render --format helm --out DIR/out', 2, 'USAGE'],
    ['render --format k8s --host moon --out DIR/out', 2, 'HOST_UNKNOWN'],
    ['tools --topology missing.yaml', 2, 'TOPOLOGY_INVALID'],
    ['admin roster show --dir DIR/none', 4, 'NETWORK_NOT_FOUND'],
    ['admin roster propose hospa --dir DIR/none', 2, 'USAGE'],
    ['admin roster propose hospa hospa hospb --threshold 0 --dir DIR/none', 2, 'USAGE'],
    ['admin roster approve hospb hospa --dir DIR/none', 4, 'NETWORK_NOT_FOUND'],
    ['admin refresh-shares --dir DIR/none', 4, 'NETWORK_NOT_FOUND'],
    ['admin refresh-shares --until soon --dir DIR/none', 2, 'USAGE'],
    ['nonsense', 2, 'USAGE'],
  ])('%s: ends with %i, %s', async (line, exitCode, code) => {
    const args = line.split(' ').map((word) => word.replace('DIR', folder));
    const ran = await emrHere(['--json', 'network', ...args]);
    const { error } = JSON.parse(ran.stderr) as { error: { code: string; message: string } };
    expect([error.code, ran.exitCode]).toEqual([code, exitCode]);
    expect(error.message).not.toMatch(/\n|\[object/);
    expect(await readFile(inFolder('thesis/chapter.txt'), 'utf8')).toBe('x');
  });

  it('keeps its answer short where the question is long', async () => {
    const { stderr, exitCode } = await emrHere(['network', HUGE]);
    expect(exitCode).toBe(2);
    expect(stderr.length).toBeLessThan(500);
  });
});

describe('emr network render', () => {
  it('writes files that it names, and nothing secret', async () => {
    const out = inFolder('units');
    const ran = await emrHere(['network', 'render', '--format', 'systemd', '--out', out]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    const names = await readdir(out);
    expect(ran.stdout.trim().split('\n')).toHaveLength(names.length);
    expect(names).toContain('emr-peer0.hospa.service');
    expect((await stat(join(out, 'emr-peer0.hospa.service'))).isFile()).toBe(true);
  });
});
