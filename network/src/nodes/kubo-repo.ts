/**
 * The repository of a Kubo node in a swarm that is nobody else's: a swarm key, no bootstrap nodes, no
 * routing, no discovery, no relays; TCP on the host's own address.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isIP } from 'node:net';
import * as v from 'valibot';
import { NetworkError, problemOf } from '../errors.js';
import { makePrivateDir, readIfThere, writeSecret } from '../files/atomic.js';
import { runCommand } from '../process/run-command.js';
import type { Node } from '../topology/topology.js';

const INIT_LIMIT_MS = 60_000;
const SWARM_KEY_BYTES = 32;

const Config = v.looseObject({
  Identity: v.looseObject({ PeerID: v.pipe(v.string(), v.nonEmpty()) }),
});
type Config = v.InferOutput<typeof Config>;

/** `/ip4/…/tcp/…`: where a node listens and is dialled. */
function multiaddr(address: string, port: number): string {
  const protocol = { 0: 'dns', 4: 'ip4', 6: 'ip6' }[isIP(address)] ?? 'dns';
  return `/${protocol}/${address}/tcp/${String(port)}`;
}

/** The key that every member of the swarm has; made once. */
export async function ensureSwarmKey(path: string): Promise<void> {
  if ((await readIfThere(path)) !== null) return;
  const key = randomBytes(SWARM_KEY_BYTES).toString('hex');
  await writeSecret(path, `/key/swarm/psk/1.0.0/\n/base16/\n${key}\n`);
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

/** Makes the repository with its identity and the swarm key, where it is not there yet. */
export async function ensureKuboRepo(
  ipfs: string,
  repo: string,
  swarmKeyPath: string,
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
  await writeSecret(join(repo, 'swarm.key'), (await readIfThere(swarmKeyPath)) ?? '');
}

/** A node of the swarm and where its repository is. */
export interface SwarmMember {
  node: Node<'kubo'>;
  repo: string;
}

function privateSettings(node: Node<'kubo'>, others: readonly object[]): Record<string, unknown> {
  return {
    Addresses: {
      API: multiaddr(node.address, node.ports.api),
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

/** Writes every member's settings, each with the others as peers to keep connected to. */
export async function configureSwarm(members: readonly SwarmMember[]): Promise<void> {
  const known = await Promise.all(
    members.map(async ({ node, repo }) => {
      const config = await readConfig(repo);
      if (config === null) {
        const problem = 'it holds no Kubo repository';
        throw new NetworkError('STATE_INVALID', { path: repo, problem });
      }
      return { node, repo, config };
    }),
  );
  for (const { node, repo, config } of known) {
    const others = known
      .filter((other) => other.node.name !== node.name)
      .map((other) => ({
        ID: other.config.Identity.PeerID,
        Addrs: [multiaddr(other.node.address, other.node.ports.swarm)],
      }));
    const settings = { ...config, ...privateSettings(node, others) };
    await writeSecret(join(repo, 'config'), `${JSON.stringify(settings, null, 2)}\n`);
  }
}
