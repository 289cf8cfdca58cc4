import { readFile, rm, writeFile } from 'node:fs/promises';
import * as dagPb from '@ipld/dag-pb';
import { KuboBlobStore } from '@emr-share/gateway-client/kubo';
import { CID } from 'multiformats/cid';
import { describeBlobStore } from '../../../test/suites/blob-store.suite.js';
import { describeKubo } from './support/describe-kubo.js';
import type { KuboSwarm } from './support/kubo-swarm.js';

/** The files of the blob's second leaf, on all nodes. */
async function leafFiles(swarm: KuboSwarm, cid: string): Promise<string[]> {
  const [first] = swarm.nodes;
  const root = dagPb.decode(await first!.client.block.get(CID.parse(cid)));
  return swarm.nodes.map((node) => node.blockFile(root.Links[1]!.Hash));
}

describeKubo('over two Kubo nodes', 2, (swarm) => {
  describeBlobStore('Kubo', async () => {
    await swarm().reset();
    return {
      store: new KuboBlobStore({ nodes: swarm().nodes, limits: { lookupMs: 300 } }),
      corruptOneBlock: async (cid) => {
        for (const file of await leafFiles(swarm(), cid)) {
          const bytes = await readFile(file);
          bytes[1000]! ^= 1;
          await writeFile(file, bytes);
        }
      },
      loseOneBlock: async (cid) => {
        for (const file of await leafFiles(swarm(), cid)) await rm(file);
      },
      close: () => Promise.resolve(),
    };
  });
});
