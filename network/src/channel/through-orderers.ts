import { NetworkError } from '../errors.js';
import { endpoint } from '../nodes/context.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { orderers, type Topology } from '../topology/topology.js';

/** How `peer` says that the orderer could not be reached, or could not take part at the moment. */
const UNREACHABLE = /orderer client|SERVICE_UNAVAILABLE|connection refused|context deadline/;

/**
 * Runs a `peer` command by way of one orderer after the other: the program knows only one, and that
 * one may be down.
 *
 * @param attempt - given the arguments that name an orderer
 * @throws what the last attempt threw; what is not about reaching an orderer, at once
 */
export async function throughOrderers<T>(
  { topology, paths }: { topology: Topology; paths: NetworkPaths },
  attempt: (ordererArgs: readonly string[]) => Promise<T>,
): Promise<T> {
  let last: unknown;
  for (const { organization, address, ports } of orderers(topology)) {
    const { tlsCaCertificate } = paths.organization(organization);
    try {
      return await attempt([
        ...['-o', endpoint(address, ports.grpc)],
        ...['--tls', '--cafile', tlsCaCertificate],
      ]);
    } catch (error) {
      last = error;
      const unreachable =
        NetworkError.is(error, 'COMMAND_FAILED') && UNREACHABLE.test(error.message);
      if (!unreachable) break;
    }
  }
  throw last;
}
