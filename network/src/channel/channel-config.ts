/**
 * The channel's configuration as JSON, in the form of Fabric's protolator: what `configtxlator`
 * reads and writes.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { runCommand } from '../process/run-command.js';
import type { Toolset } from '../tools/toolset.js';

const LIMIT_MS = 30_000;

/** A leaf of the tree; `value` or `policy` is what it says. */
const ConfigItem = v.looseObject({
  mod_policy: v.string(),
  version: v.string(),
  value: v.optional(v.unknown()),
  policy: v.optional(v.unknown()),
});
export type ConfigItem = v.InferOutput<typeof ConfigItem>;

export interface ConfigGroup {
  groups: Record<string, ConfigGroup>;
  values: Record<string, ConfigItem>;
  policies: Record<string, ConfigItem>;
  mod_policy: string;
  version: string;
}
const ConfigGroup: v.GenericSchema<unknown, ConfigGroup> = v.looseObject({
  groups: v.record(
    v.string(),
    v.lazy(() => ConfigGroup),
  ),
  values: v.record(v.string(), ConfigItem),
  policies: v.record(v.string(), ConfigItem),
  mod_policy: v.string(),
  version: v.string(),
});

/** The sections that every channel of ours has. */
const ChannelGroup = v.looseObject({
  groups: v.looseObject({ Application: ConfigGroup, Orderer: ConfigGroup }),
});
const Config = v.looseObject({ sequence: v.string(), channel_group: ChannelGroup });
export type ChannelConfig = v.InferOutput<typeof Config>;

const ConfigBlock = v.object({
  header: v.object({ number: v.optional(v.string(), '0') }),
  data: v.object({
    data: v.pipe(
      v.array(v.object({ payload: v.object({ data: v.object({ config: Config }) }) })),
      v.length(1),
    ),
  }),
});

/** Message types of Fabric that are translated here. */
export type MessageType =
  'common.Block' | 'common.Config' | 'common.ConfigUpdate' | 'common.Envelope';

export class ConfigTranslator {
  readonly #program: string;
  readonly #signal: AbortSignal | undefined;

  constructor(tools: Toolset, signal?: AbortSignal) {
    this.#program = tools.program('configtxlator');
    this.#signal = signal;
  }

  /** The JSON of a message in a file. */
  async decode(type: MessageType, input: string): Promise<unknown> {
    const output = `${input}.json`;
    await this.#run(['proto_decode', '--type', type, '--input', input, '--output', output]);
    return JSON.parse(await readFile(output, 'utf8'));
  }

  async encode(type: MessageType, input: string, output: string): Promise<void> {
    await this.#run(['proto_encode', '--type', type, '--input', input, '--output', output]);
  }

  /** What has to be asked for to come from one configuration to the other; both are encoded files. */
  async difference(
    channel: string,
    files: { original: string; updated: string; output: string },
  ): Promise<void> {
    const { original, updated, output } = files;
    await this.#run([
      ...['compute_update', '--channel_id', channel],
      ...['--original', original, '--updated', updated, '--output', output],
    ]);
  }

  /** The configuration in a configuration block, and that block's number. */
  async configIn(block: string): Promise<{ config: ChannelConfig; blockNumber: number }> {
    const { header, data } = v.parse(ConfigBlock, await this.decode('common.Block', block));
    const [envelope] = data.data;
    if (envelope === undefined) throw new Error(`${block} is empty`);
    return { config: envelope.payload.data.config, blockNumber: Number(header.number) };
  }

  async #run(args: readonly string[]): Promise<void> {
    await runCommand(this.#program, args, { limitMs: LIMIT_MS, signal: this.#signal });
  }
}
