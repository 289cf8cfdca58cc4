import { openNetwork } from '../up/open-network.js';
import { up, type UpOptions } from '../up/up.js';

/**
 * Brings a network that was set up before back to full service, as it was last brought up: starts
 * what does not run, and returns when all of it serves.
 *
 * @throws {@link NetworkError} NETWORK_NOT_FOUND, and as {@link up}
 */
export async function resume(
  dir: string,
  options: Omit<UpOptions, 'dir' | 'contract'> = {},
): Promise<void> {
  const { paths, state, topology } = await openNetwork(dir);
  await up(topology, { ...options, dir: paths.dir, contract: state.contract });
}
