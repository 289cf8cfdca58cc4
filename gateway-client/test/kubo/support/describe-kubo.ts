/* eslint-disable jest/no-export, jest/no-disabled-tests, jest/valid-title -- declares tests for the files that call it */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { findIpfs } from './ipfs-program.js';
import { KuboSwarm } from './kubo-swarm.js';

/**
 * Tests that need real Kubo nodes: one private swarm for all of them. Where there is no Kubo they are
 * skipped, which stderr says; with `EMR_NETWORK_TESTS=1` they fail instead.
 */
export function describeKubo(
  name: string,
  nodes: number,
  tests: (swarm: () => KuboSwarm) => void,
): void {
  const ipfs = findIpfs();
  if (ipfs === null && process.env['EMR_NETWORK_TESTS'] !== '1') {
    process.stderr.write(`ATTENTION: not tested, no Kubo found: ${name}\n`);
    describe.skip(name, () => {
      tests(() => {
        throw new Error('no Kubo found');
      });
    });
    return;
  }
  describe(name, () => {
    let swarm: KuboSwarm;
    beforeAll(async () => {
      if (ipfs === null) throw new Error('no Kubo found: set EMR_TOOLS');
      swarm = await KuboSwarm.start(ipfs, nodes);
    });
    afterAll(async () => {
      await swarm.close();
    });
    tests(() => swarm);
  });
}
