/**
 * Changing the configuration of the running channel: fetched, changed, signed by as many
 * organizations as it takes, submitted, and awaited until the channel has it.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NetworkError } from '../errors.js';
import { makePrivateDir } from '../files/atomic.js';
import { heightOf } from '../nodes/health.js';
import { runningRecord } from '../nodes/run-node.js';
import { IDENTITIES, type NodeContext } from '../nodes/context.js';
import { runCommand } from '../process/run-command.js';
import { isRole, nodesOf, type Organization } from '../topology/topology.js';
import { waitFor } from '../wait.js';
import { type ChannelConfig, ConfigTranslator } from './channel-config.js';
import { throughOrderers } from './through-orderers.js';

const COMMAND_LIMIT_MS = 60_000;
const COMMIT_LIMIT_MS = 60_000;
/** Somebody else's update may come first, again and again; not that often. */
const ATTEMPTS = 5;
const CONFIG_UPDATE_HEADER = 2;
/** How orderers say that the configuration changed since it was fetched. */
const OVERTAKEN = /to be at version|current sequence|error validating ReadSet/;

export type ConfigContext = Pick<NodeContext, 'topology' | 'paths' | 'tools'>;

export interface ConfigChange {
  /** Whose admin fetches, signs and submits. */
  submitter: Organization;
  /** Whose admins sign before; none by default. */
  cosigners?: (config: ChannelConfig) => readonly Organization[];
  /** Changes what it is given. Called anew for each attempt; no difference means nothing to do. */
  apply: (config: ChannelConfig) => void;
  signal?: AbortSignal | undefined;
}

export interface ConfigOutcome {
  /** Whether an update was needed. */
  changed: boolean;
  /** Number of the block with the configuration that holds now. */
  blockNumber: number;
}

/** The `peer` program as admins of organizations, for what needs no peer. */
class ConfigCli {
  readonly #context: ConfigContext;
  readonly #signal: AbortSignal | undefined;

  constructor(context: ConfigContext, signal: AbortSignal | undefined) {
    this.#context = context;
    this.#signal = signal;
  }

  /** Writes the newest configuration block into a file. */
  async fetch(as: Organization, file: string): Promise<void> {
    const channel = ['-c', this.#context.topology.channel];
    await throughOrderers(this.#context, (orderer) =>
      this.#run(as, ['channel', 'fetch', 'config', file, ...channel, ...orderer]),
    );
  }

  /** Adds the organization's signature to an update in a file. */
  async sign(as: Organization, file: string): Promise<void> {
    await this.#run(as, ['channel', 'signconfigtx', '-f', file]);
  }

  /** Signs as well. */
  async submit(as: Organization, file: string): Promise<void> {
    const channel = ['-c', this.#context.topology.channel];
    await throughOrderers(this.#context, (orderer) =>
      this.#run(as, ['channel', 'update', '-f', file, ...channel, ...orderer]),
    );
  }

  async #run({ name, mspId }: Organization, args: readonly string[]): Promise<void> {
    const { paths, tools } = this.#context;
    await runCommand(tools.program('peer'), args, {
      env: {
        FABRIC_CFG_PATH: tools.configDir,
        FABRIC_LOGGING_SPEC: 'error',
        CORE_PEER_LOCALMSPID: mspId,
        CORE_PEER_MSPCONFIGPATH: paths.organization(name).user(IDENTITIES.admin).msp,
      },
      limitMs: COMMAND_LIMIT_MS,
      signal: this.#signal,
    });
  }
}

class ConfigUpdate {
  readonly #context: ConfigContext;
  readonly #change: ConfigChange;
  readonly #dir: string;
  readonly #translator: ConfigTranslator;
  readonly #cli: ConfigCli;

  constructor(context: ConfigContext, change: ConfigChange, dir: string) {
    this.#context = context;
    this.#change = change;
    this.#dir = dir;
    this.#translator = new ConfigTranslator(context.tools, change.signal);
    this.#cli = new ConfigCli(context, change.signal);
  }

  async run(): Promise<ConfigOutcome> {
    for (let attempt = 0; ; attempt += 1) {
      const { config, blockNumber } = await this.#current();
      const changed = structuredClone(config);
      this.#change.apply(changed);
      if (JSON.stringify(changed) === JSON.stringify(config)) {
        return { changed: attempt > 0, blockNumber };
      }
      try {
        await this.#submit(await this.#envelope(config, changed), config);
        await this.#awaitAfter(blockNumber);
      } catch (error) {
        const overtaken = NetworkError.is(error, 'COMMAND_FAILED') && OVERTAKEN.test(error.message);
        if (!overtaken || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #current(): Promise<{ config: ChannelConfig; blockNumber: number }> {
    const block = join(this.#dir, 'config.block');
    await this.#cli.fetch(this.#change.submitter, block);
    return this.#translator.configIn(block);
  }

  /** An unsigned update in a file. */
  async #envelope(config: ChannelConfig, changed: ChannelConfig): Promise<string> {
    const { channel } = this.#context.topology;
    const file = (name: string): string => join(this.#dir, name);
    const [original, updated] = [
      await this.#encoded('common.Config', 'original', config),
      await this.#encoded('common.Config', 'updated', changed),
    ];
    const update = file('update.pb');
    await this.#translator.difference(channel, { original, updated, output: update });
    return this.#encoded('common.Envelope', 'envelope', {
      payload: {
        header: { channel_header: { channel_id: channel, type: CONFIG_UPDATE_HEADER } },
        data: { config_update: await this.#translator.decode('common.ConfigUpdate', update) },
      },
    });
  }

  async #encoded(
    type: 'common.Config' | 'common.Envelope',
    name: string,
    message: unknown,
  ): Promise<string> {
    const [json, encoded] = ['json', 'pb'].map((end) => join(this.#dir, `${name}.${end}`));
    await writeFile(json ?? '', JSON.stringify(message));
    await this.#translator.encode(type, json ?? '', encoded ?? '');
    return encoded ?? '';
  }

  async #submit(envelope: string, config: ChannelConfig): Promise<void> {
    const { submitter, cosigners } = this.#change;
    for (const cosigner of cosigners?.(config) ?? []) await this.#cli.sign(cosigner, envelope);
    await this.#cli.submit(submitter, envelope);
  }

  /** The orderer answers when it has taken the update, not when the channel has it. */
  async #awaitAfter(blockNumber: number): Promise<void> {
    const limit = { limitMs: COMMIT_LIMIT_MS, signal: this.#change.signal };
    await waitFor('the channel has its new configuration', limit, async () =>
      (await this.#current()).blockNumber > blockNumber ? true : null,
    );
  }
}

/**
 * Brings the channel's configuration to where `apply` changes nothing any more. Safe to repeat, and
 * beside other updates.
 *
 * @throws {@link NetworkError} COMMAND_FAILED with the orderer's reason where the channel refuses:
 *   too few signatures, say; TIMEOUT
 */
export async function updateConfig(
  context: ConfigContext,
  change: ConfigChange,
): Promise<ConfigOutcome> {
  const { channelDir } = context.paths;
  await makePrivateDir(channelDir);
  const dir = await mkdtemp(join(channelDir, 'update-'));
  try {
    return await new ConfigUpdate(context, change, dir).run();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/**
 * Writes the block with the channel's present configuration into a file.
 *
 * @param as - whose admin asks
 * @throws {@link NetworkError} COMMAND_FAILED
 */
export async function fetchConfigBlock(
  context: ConfigContext,
  as: Organization,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  await new ConfigCli(context, signal).fetch(as, file);
}

/** Waits until every peer that runs has that block, and so acts by the configuration in it. */
export async function awaitBlock(
  { topology, paths }: ConfigContext,
  blockNumber: number,
  signal?: AbortSignal,
): Promise<void> {
  const peers = nodesOf(topology).filter((node) => isRole(node, 'peer'));
  const wait = peers.map(async (peer) => {
    if ((await runningRecord(peer, paths)) === null) return;
    const limit = { limitMs: COMMIT_LIMIT_MS, signal };
    await waitFor(`${peer.name} has block ${String(blockNumber)}`, limit, async () => {
      const height = await heightOf(peer, topology.channel, paths, signal);
      return height !== null && height > blockNumber ? true : null;
    });
  });
  await Promise.all(wait);
}
