import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  loadTopology,
  networkPaths,
  ordering,
  startNode,
  stopNode,
  supervisorReport,
} from '../../src/index.js';
import { readProcessRecord } from '../../src/process/process-record.js';
import { status } from '../../src/up/status.js';
import { waitFor } from '../../src/wait.js';
import { areLevel, openOwnNetwork, type OwnNetwork } from '../support/own-network.js';

const BASE_PORT = 30_600;
const LIMIT_MS = 240_000;

describe('a supervised network', () => {
  let network: OwnNetwork | undefined;

  const pidOf = async (node: string): Promise<number> => {
    const record = await readProcessRecord(networkPaths(network!.dir).record(node));
    return record!.pid;
  };
  const restartsOf = async (node: string): Promise<string[]> => {
    const { events } = await supervisorReport(network!.dir);
    return events.flatMap((event) =>
      event.kind === 'restarted' && event.node === node ? [event.cause] : [],
    );
  };
  const restartOf = (node: string): Promise<string[]> =>
    waitFor(`${node} is restarted`, { limitMs: 90_000 }, async () => {
      const causes = await restartsOf(node);
      return causes.length > 0 ? causes : null;
    });

  beforeAll(async () => {
    network = await openOwnNetwork(await loadTopology('dev', { basePort: BASE_PORT }));
  }, LIMIT_MS);
  afterAll(async () => {
    await network?.[Symbol.asyncDispose]();
  }, LIMIT_MS);

  it(
    'has an orderer restarted that stands still, and its blocks are back',
    async () => {
      const patient = await network!.publisher();
      const { node } = (await ordering(network!.dir)).find(({ reading }) => !reading!.leads)!;
      const pid = await pidOf(node);
      process.kill(pid, 'SIGSTOP');
      await patient.publish();
      expect(await restartOf(node)).toEqual(['mute']);
      expect(await pidOf(node)).not.toBe(pid);
      await patient.publish();
      expect(await network!.orderersSuch('all are level', areLevel)).toHaveLength(4);
    },
    LIMIT_MS,
  );

  it(
    'has a process started again that ended by itself, and none that was stopped by a command',
    async () => {
      await stopNode(network!.dir, 'orderer.regulator');
      process.kill(await pidOf('peer1.hospc'), 'SIGKILL');
      expect(await restartOf('peer1.hospc')).toEqual(['dead']);
      expect(await restartsOf('orderer.regulator')).toEqual([]);
      const { nodes } = await status(network!.dir);
      expect(nodes.filter(({ state }) => state === 'stopped')).toMatchObject([
        { node: 'orderer.regulator' },
      ]);
    },
    LIMIT_MS,
  );

  it(
    'loses nothing that its orderers had not ordered yet when they ended',
    async () => {
      const { dir } = network!;
      const patient = await network!.publisher();
      await startNode(dir, 'orderer.regulator');
      const [first, second, ...others] = (await ordering(dir)).map(({ node }) => node);
      for (const node of [first!, second!]) await stopNode(dir, node);
      const published = patient.publish();
      published.catch(() => undefined);
      await network!.orderersSuch('one of the others has the request', (all) =>
        all.some(({ reading }) => (reading?.waiting ?? 0) > 0),
      );
      for (const node of others) await stopNode(dir, node, { graceMs: 0 });
      for (const node of [first!, second!, ...others]) await startNode(dir, node);
      expect(await published).toBeLessThan(60_000);
      expect(await network!.orderersSuch('all are level', areLevel)).toHaveLength(4);
    },
    LIMIT_MS,
  );

  it('tells what an orderer is doing without stopping it', async () => {
    const { goroutinesOf, isDeadlocked } = await import('../../src/supervise/goroutines.js');
    const [orderer] = await ordering(network!.dir);
    const path = networkPaths(network!.dir).record(orderer!.node);
    const record = await readProcessRecord(path);
    const report = await goroutinesOf(record!);
    expect(report).toContain('bft.(*View).run(');
    expect(isDeadlocked(report!)).toBe(false);
    expect(await pidOf(orderer!.node)).toBe(record!.pid);
    expect(await readFile(record!.log, 'utf8')).toContain('Go routines report');
  });
});
