import { readFile, rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { NetworkError, problemOf } from '../errors.js';
import type { NodeContext } from '../nodes/context.js';
import { runCommand } from '../process/run-command.js';

const LIMIT_MS = 30_000;

const ConfigBlock = v.object({
  data: v.object({
    data: v.tuple([
      v.object({
        payload: v.object({
          data: v.object({ config: v.unknown() }),
          header: v.object({ channel_header: v.object({ channel_id: v.string() }) }),
        }),
      }),
    ]),
  }),
});

interface Genesis {
  channel: string;
  config: unknown;
}

async function decode(
  path: string,
  { tools }: Pick<NodeContext, 'tools'>,
  signal: AbortSignal,
): Promise<Genesis> {
  const decoded = `${path}.json`; // its standard output can only be a file
  const args = ['proto_decode', '--type', 'common.Block', '--input', path, '--output', decoded];
  const program = tools.program('configtxlator');
  await runCommand(program, args, { limitMs: LIMIT_MS, signal });
  const text = await readFile(decoded, 'utf8');
  await rm(decoded);
  const [{ payload }] = v.parse(ConfigBlock, JSON.parse(text)).data.data;
  return { channel: payload.header.channel_header.channel_id, config: payload.data.config };
}

/** Paths at which two configurations differ, a few of them. */
function* differences(a: unknown, b: unknown, path = 'config'): Generator<string> {
  if (isDeepStrictEqual(a, b)) return;
  const areObjects = [a, b].every((one) => typeof one === 'object' && one !== null);
  if (!areObjects) {
    yield path;
    return;
  }
  const [left, right] = [
    new Map(Object.entries(a as object)),
    new Map(Object.entries(b as object)),
  ];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    yield* differences(left.get(key), right.get(key), `${path}.${key}`);
  }
}

/**
 * Compares a genesis block that another host made with the one made here from the same topology.
 * Their times and nonces differ; the configurations may not.
 *
 * @throws {@link NetworkError} GENESIS_DIFFERS; the block received is then deleted
 */
export async function requireSameGenesis(
  received: string,
  own: string,
  context: Pick<NodeContext, 'tools' | 'topology'>,
  signal: AbortSignal,
): Promise<void> {
  const expected = await decode(own, context, signal);
  try {
    const found = await decode(received, context, signal);
    const [difference] = differences(found, expected, 'block');
    if (difference === undefined) return;
    throw new NetworkError('GENESIS_DIFFERS', { difference });
  } catch (error) {
    signal.throwIfAborted();
    await rm(received, { force: true });
    if (NetworkError.is(error, 'GENESIS_DIFFERS')) throw error;
    throw new NetworkError('GENESIS_DIFFERS', { difference: problemOf(error) }, { cause: error });
  }
}
