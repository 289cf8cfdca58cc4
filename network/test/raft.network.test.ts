import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OrdererSample, parseTopology, startNode, stopNode } from '../src/index.js';
import { profilePath } from '../src/topology/load.js';
import { areLevel, openOwnNetwork, type OwnNetwork } from './support/own-network.js';

const BASE_PORT = 30_500;
const LIMIT_MS = 240_000;

const leads = ({ reading }: OrdererSample): boolean => reading?.leads === true;

describe('a network with Raft ordering', () => {
  let network: OwnNetwork | undefined;

  beforeAll(async () => {
    const text = await readFile(profilePath('dev'), 'utf8');
    const raft = text.replace('type: bft', 'type: raft');
    network = await openOwnNetwork(parseTopology(raft, 'raft', { basePort: BASE_PORT }));
  }, LIMIT_MS);
  afterAll(async () => {
    await network?.[Symbol.asyncDispose]();
  }, LIMIT_MS);

  it(
    'orders, also after its leader was killed, which comes back with every block',
    async () => {
      const patient = await network!.publisher();
      await patient.publish();
      const before = await network!.orderersSuch('one leads', (all) => all.some(leads));
      const leader = before.find(leads)!.node;
      await stopNode(network!.dir, leader, { graceMs: 0 });
      // Whoever takes this before the election passes it on to the dead leader; it is handed in again.
      expect(await patient.publish()).toBeLessThan(30_000);
      const after = await network!.orderersSuch('another one leads', (all) =>
        all.some((orderer) => leads(orderer) && orderer.node !== leader),
      );
      expect(after.find(({ node }) => node === leader)?.state).toBe('stopped');
      await startNode(network!.dir, leader);
      expect(await network!.orderersSuch('all are level', areLevel)).toHaveLength(4);
    },
    LIMIT_MS,
  );
});
