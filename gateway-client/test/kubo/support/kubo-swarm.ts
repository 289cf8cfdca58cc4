/** A private swarm of real Kubo nodes on loopback, for the tests. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { create, type KuboRPCClient } from 'kubo-rpc-client';
import { base32upper } from 'multiformats/bases/base32';
import type { CID } from 'multiformats/cid';

const START_LIMIT_MS = 20_000;

/** One node; its files outlive its process. */
export class KuboTestNode {
  readonly url: string;
  readonly client: KuboRPCClient;
  readonly #ipfs: string;
  readonly #repo: string;
  #process: ChildProcess | null = null;

  constructor(ipfs: string, repo: string, apiPort: number) {
    this.#ipfs = ipfs;
    this.#repo = repo;
    this.url = `http://127.0.0.1:${apiPort}`;
    this.client = create({ url: this.url });
  }

  async start(): Promise<void> {
    const log = await open(join(this.#repo, 'log'), 'a');
    this.#process = spawn(this.#ipfs, ['daemon'], {
      stdio: ['ignore', log.fd, log.fd],
      env: { IPFS_PATH: this.#repo, HOME: this.#repo, ...PRIVATE },
    });
    await log.close();
    const end = Date.now() + START_LIMIT_MS;
    for (;;) {
      try {
        await this.client.id({ signal: AbortSignal.timeout(1000) });
        return;
      } catch (error) {
        if (Date.now() > end || this.#process.exitCode !== null) throw error;
        await delay(50);
      }
    }
  }

  /** Starts it again if it was killed, goes on if it was frozen. */
  async ensureRunning(): Promise<void> {
    if (this.#process === null) await this.start();
    else this.#process.kill('SIGCONT');
  }

  /** SIGKILL: no farewell to anybody. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child?.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** The process stands still and keeps its connections open. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  /** File of a block in the node's repository. */
  blockFile(cid: CID): string {
    const key = base32upper.encode(cid.multihash.bytes).slice(1);
    return join(this.#repo, 'blocks', key.slice(-3, -1), `${key}.data`);
  }

  /** Names of the recursive pins, the node's own empty folder aside. */
  async pinNames(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.client.pin.ls({ type: 'recursive', names: true })) {
      if (name !== undefined && name !== '') names.push(name);
    }
    return names.sort();
  }

  /** Removes all content. */
  async reset(): Promise<void> {
    for await (const { cid } of this.client.pin.ls({ type: 'recursive' })) {
      await this.client.pin.rm(cid);
    }
    for await (const { err } of this.client.repo.gc()) if (err) throw err;
  }
}

const PRIVATE = { LIBP2P_FORCE_PNET: '1', IPFS_TELEMETRY: 'off' };

/** Nodes that know each other and nobody else. */
export class KuboSwarm {
  readonly nodes: readonly KuboTestNode[];
  readonly #directory: string;

  private constructor(nodes: readonly KuboTestNode[], directory: string) {
    this.nodes = nodes;
    this.#directory = directory;
  }

  static async start(ipfs: string, count: number): Promise<KuboSwarm> {
    const directory = await mkdtemp(join(tmpdir(), 'emr-kubo-'));
    const key = `/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString('hex')}\n`;
    const ports = await freePorts(2 * count);
    const members = await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const repo = join(directory, `node${i}`);
        await mkdir(repo, { mode: 0o700 });
        const env = { IPFS_PATH: repo, HOME: repo, ...PRIVATE };
        await promisify(execFile)(ipfs, ['init', '--empty-repo'], { env });
        await writeFile(join(repo, 'swarm.key'), key, { mode: 0o600 });
        const config = JSON.parse(await readFile(join(repo, 'config'), 'utf8')) as Config;
        return { repo, config, api: ports[2 * i]!, swarm: ports[2 * i + 1]! };
      }),
    );
    for (const { repo, config, api, swarm } of members) {
      const peers = members
        .filter((other) => other.repo !== repo)
        .map((other) => ({ ID: other.config.Identity.PeerID, Addrs: [address(other.swarm)] }));
      const settings = { ...config, ...privateSettings(api, swarm, peers) };
      await writeFile(join(repo, 'config'), JSON.stringify(settings), { mode: 0o600 });
    }
    const nodes = members.map(({ repo, api }) => new KuboTestNode(ipfs, repo, api));
    const swarm = new KuboSwarm(nodes, directory);
    try {
      await Promise.all(nodes.map((node) => node.start()));
    } catch (error) {
      await swarm.close();
      throw error;
    }
    return swarm;
  }

  async reset(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.reset()));
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await rm(this.#directory, { recursive: true });
  }
}

interface Config {
  readonly Identity: { readonly PeerID: string };
}

const address = (port: number): string => `/ip4/127.0.0.1/tcp/${port}`;

function privateSettings(api: number, swarm: number, peers: readonly object[]): object {
  return {
    Addresses: { API: address(api), Gateway: [], Swarm: [address(swarm)] },
    Bootstrap: [],
    Peering: { Peers: peers },
    Routing: { Type: 'none', DelegatedRouters: [] },
    Discovery: { MDNS: { Enabled: false } },
    AutoConf: { Enabled: false },
    AutoTLS: { Enabled: false },
    DNS: { Resolvers: {} },
    Ipns: { DelegatedPublishers: [] },
    HTTPRetrieval: { Enabled: false },
    Provide: { Enabled: false },
    Plugins: { Plugins: { telemetry: { Disabled: true } } },
    Version: { SwarmCheckEnabled: false },
    Swarm: {
      DisableNatPortMap: true,
      RelayClient: { Enabled: false },
      RelayService: { Enabled: false },
      EnableHolePunching: false,
      Transports: { Network: { QUIC: false, WebTransport: false, WebRTCDirect: false } },
    },
  };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  return ports;
}
