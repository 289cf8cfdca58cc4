import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { emrHere } from '../support/capture.js';

describe('emr drill', () => {
  it('lists the drills in its help', async () => {
    const { exitCode, stdout } = await emrHere(['drill', '--help']);
    expect(exitCode).toBe(0);
    for (const name of ['leader', 'orderer', 'peers', 'contract', 'kubo', 'hospital', 'restart']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
    expect(stdout).toMatch(/^ {2}disk .*\n {2}liar .*\n {2}all /m);
  });

  it.each([
    [['drill'], /missing required argument/],
    [['drill', 'earthquake'], /earthquake.*Allowed choices are leader/],
    [['drill', 'leader', '--seconds', '0'], /whole number from 1 to 600/],
    [['drill', 'leader', '--seconds', '1e3'], /whole number/],
    [['drill', 'leader', '--base-port', '70000'], /whole number from 1024 to 65000/],
    [['drill', 'satellite', '--runs', '0'], /whole number from 1 to 200/],
    [['drill', 'satellite', '--seed', 'x'], /whole number from 0 to 999999/],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stderr } = await emrHere(args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });

  it('says so where there is no network in the folder', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'emr-drill-'));
    try {
      const { exitCode, stderr } = await emrHere(['drill', 'leader', '--json', '--dir', dir]);
      const last = stderr.trim().split('\n').at(-1) ?? '';
      expect(JSON.parse(last)).toMatchObject({ error: { code: 'NETWORK_NOT_FOUND' } });
      expect(exitCode).toBe(4);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
