/** Where the tests find Kubo. */
import { loadTopology, resolveTools } from '@emr-share/network';

/** The program that a network would run. Fails where it cannot be had. */
export async function findIpfs(): Promise<string> {
  const { tools } = await loadTopology('dev');
  return (await resolveTools(tools)).program('ipfs');
}
