/* eslint-disable jest/no-export, jest/valid-title -- declares tests for the files that call it */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { findIpfs } from './ipfs-program.js';
import { KuboSwarm } from './kubo-swarm.js';

/** Tests that need real Kubo nodes which they may stop and damage: one private swarm for all of them. */
export function describeKubo(
  name: string,
  nodes: number,
  tests: (swarm: () => KuboSwarm) => void,
): void {
  describe(name, () => {
    let swarm: KuboSwarm;
    beforeAll(async () => {
      swarm = await KuboSwarm.start(await findIpfs(), nodes);
    });
    afterAll(async () => {
      await swarm.close();
    });
    tests(() => swarm);
  });
}
