import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseTopology, startNode, stopNode } from '../src/index.js';
import { profilePath } from '../src/topology/load.js';
import { areLevel, openOwnNetwork, type OwnNetwork } from './support/own-network.js';

const BASE_PORT = 30_500;
const LIMIT_MS = 180_000;

describe('a network with Raft ordering', () => {
  let network: OwnNetwork;

  beforeAll(async () => {
    const text = await readFile(profilePath('dev'), 'utf8');
    const raft = text.replace('type: bft', 'type: raft');
    network = await openOwnNetwork(parseTopology(raft, 'raft', { basePort: BASE_PORT }));
  }, LIMIT_MS);
  afterAll(async () => {
    await network[Symbol.asyncDispose]();
  }, LIMIT_MS);

  it(
    'orders, also after its leader was killed, which comes back with every block',
    async () => {
      const patient = await network.publisher();
      await patient.publish();
      const [leader] = await network
        .orderersSuch('there is a leader', (orderers) =>
          orderers.some(({ reading }) => reading?.leads === true),
        )
        .then((orderers) => orderers.filter(({ reading }) => reading?.leads === true));
      await stopNode(network.dir, leader!.node, { graceMs: 0 });
      expect(await patient.publish()).toBeLessThan(30_000);
      const others = await network.orderersSuch('another one leads', (orderers) =>
        orderers.some(({ node, reading }) => node !== leader!.node && reading?.leads === true),
      );
      expect(others.find(({ node }) => node === leader!.node)?.state).toBe('stopped');
      await startNode(network.dir, leader!.node);
      const level = await network.orderersSuch('all are level', areLevel);
      expect(level).toHaveLength(4);
    },
    LIMIT_MS,
  );
});
