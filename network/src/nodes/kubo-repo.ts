/**
 * The repository of a Kubo node in a swarm that is nobody else's: a swarm key, no bootstrap nodes, no
 * routing, no discovery, no relays; TCP on the host's own address.
 *
 * @module
 */
import { join } from 'node:path';
import { isIP } from 'node:net';
import * as v from 'valibot';
import { NetworkError, problemOf } from '../errors.js';
import { makePrivateDir, readIfThere, writeSecret } from '../files/atomic.js';
import { runCommand } from '../process/run-command.js';
import type { Node } from '../topology/topology.js';
import { LOOPBACK } from './context.js';

const INIT_LIMIT_MS = 60_000;

const Config = v.looseObject({
  Identity: v.looseObject({ PeerID: v.pipe(v.string(), v.nonEmpty()) }),
});
type Config = v.InferOutput<typeof Config>;

/** `/ip4/…/tcp/…`: where a node listens and is dialled. */
function multiaddr(address: string, port: number): string {
  const protocol = { 0: 'dns', 4: 'ip4', 6: 'ip6' }[isIP(address)] ?? 'dns';
  return `/${protocol}/${address}/tcp/${String(port)}`;
}

async function readConfig(repo: string): Promise<Config | null> {
  const path = join(repo, 'config');
  const text = await readIfThere(path);
  if (text === null) return null;
  try {
    return v.parse(Config, JSON.parse(text));
  } catch (error) {
    throw new NetworkError('STATE_INVALID', { path, problem: problemOf(error) }, { cause: error });
  }
}

/** Makes the repository with its identity, where it is not there yet. */
export async function ensureKuboRepo(
  ipfs: string,
  repo: string,
  signal?: AbortSignal,
): Promise<void> {
  await makePrivateDir(repo);
  if ((await readConfig(repo)) === null) {
    await runCommand(ipfs, ['init', '--empty-repo'], {
      env: { IPFS_PATH: repo, HOME: repo, IPFS_TELEMETRY: 'off' },
      limitMs: INIT_LIMIT_MS,
      signal,
    });
  }
}

async function configOf(repo: string): Promise<Config> {
  const config = await readConfig(repo);
  if (config !== null) return config;
  throw new NetworkError('STATE_INVALID', { path: repo, problem: 'it holds no Kubo repository' });
}

/** By which the other nodes of the swarm know this one. @throws {@link NetworkError} STATE_INVALID */
export async function kuboPeerId(repo: string): Promise<string> {
  return (await configOf(repo)).Identity.PeerID;
}

/** A node of the swarm. */
export interface SwarmMember {
  node: Node<'kubo'>;
  peerId: string;
}

function privateSettings(node: Node<'kubo'>, others: readonly object[]): Record<string, unknown> {
  return {
    Addresses: {
      API: multiaddr(LOOPBACK, node.ports.api), // it asks nobody who they are
      Gateway: [],
      Swarm: [multiaddr(node.address, node.ports.swarm)],
      Announce: [],
      AppendAnnounce: [],
      NoAnnounce: [],
    },
    Bootstrap: [],
    Peering: { Peers: others },
    Routing: { Type: 'none', DelegatedRouters: [] },
    Discovery: { MDNS: { Enabled: false } },
    AutoConf: { Enabled: false },
    AutoNAT: { ServiceMode: 'disabled' },
    AutoTLS: { Enabled: false },
    DNS: { Resolvers: {} },
    HTTPRetrieval: { Enabled: false },
    Ipns: { DelegatedPublishers: [] },
    Provide: { Enabled: false },
    Plugins: { Plugins: { telemetry: { Disabled: true } } },
    Version: { SwarmCheckEnabled: false },
    Swarm: {
      Transports: {
        Network: {
          QUIC: false,
          WebTransport: false,
          WebRTCDirect: false,
          Websocket: false,
          Relay: false,
        },
      },
      RelayClient: { Enabled: false },
      RelayService: { Enabled: false },
      DisableNatPortMap: true,
      EnableHolePunching: false,
    },
  };
}

/**
 * Writes the settings of a member's repository: the swarm key, and the other members as peers to
 * keep connected to.
 */
export async function configureSwarm(
  own: SwarmMember,
  members: readonly SwarmMember[],
  { repo, swarmKey }: { repo: string; swarmKey: string },
): Promise<void> {
  const others = members
    .filter(({ peerId }) => peerId !== own.peerId)
    .map(({ node, peerId }) => ({
      ID: peerId,
      Addrs: [multiaddr(node.address, node.ports.swarm)],
    }));
  const settings = { ...(await configOf(repo)), ...privateSettings(own.node, others) };
  await writeSecret(join(repo, 'swarm.key'), swarmKey);
  await writeSecret(join(repo, 'config'), `${JSON.stringify(settings, null, 2)}\n`);
}
