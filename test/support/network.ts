/**
 * The running network that the tests share.
 *
 * @module
 */
import {
  foundConsortium,
  openFabricConsortium,
  type FabricConsortium,
} from '@emr-share/cli/consortium';
import { down, startNode, status } from '@emr-share/network';

/** Its folder: `npm test` brings it up and says where. Fails where there is none. */
export function sharedNetworkDir(): string {
  const { EMR_NETWORK_DIR: dir } = process.env;
  if (dir !== undefined && dir !== '') return dir;
  throw new Error('set EMR_NETWORK_DIR to the folder of a running network; npm test does');
}

/** The shared network, ready for users; disposing of it leaves it running. */
export async function openSharedNetwork(): Promise<FabricConsortium> {
  const consortium = await openFabricConsortium(sharedNetworkDir());
  try {
    await foundConsortium(consortium);
    return consortium;
  } catch (error) {
    await consortium[Symbol.asyncDispose]();
    throw error;
  }
}

/** Stops every process of a network, and starts them again from what is on disk. */
export async function restartNetwork(dir: string): Promise<void> {
  const { nodes } = await status(dir);
  await down(dir);
  await Promise.all(nodes.map(({ node }) => startNode(dir, node)));
}
