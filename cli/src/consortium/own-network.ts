/**
 * A network for one purpose: brought up in a temporary folder, removed afterwards.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { down, loadTopology, NetworkError, type OnProgress, up } from '@emr-share/network';
import { contractCommand } from './contract-command.js';

/** Blocks of ports to try where none is named, below those that systems give to clients. */
const BASE_PORTS = [19_000, 20_000, 21_000, 22_000, 23_000];

export interface OwnNetworkOptions {
  /** First port of its block; left out: the first block that is free. */
  readonly basePort?: number | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface OwnNetwork extends AsyncDisposable {
  readonly dir: string;
}

async function bringUp(dir: string, basePort: number, options: OwnNetworkOptions): Promise<void> {
  const { signal, onProgress } = options;
  const topology = await loadTopology('dev', { basePort });
  await up(topology, { dir, contract: contractCommand(), signal, onProgress });
}

async function remove(root: string, dir: string): Promise<void> {
  try {
    await down(dir, { purge: true });
  } catch (error) {
    if (!NetworkError.is(error, 'NETWORK_NOT_FOUND')) throw error;
  }
  await rm(root, { recursive: true, force: true });
}

/**
 * Brings a `dev` network up. Disposing of it stops and deletes it; so does a failure to bring it up.
 *
 * @throws NetworkError as `up` does; PORTS_TAKEN where no block is free
 */
export async function openOwnNetwork(options: OwnNetworkOptions): Promise<OwnNetwork> {
  const { basePort } = options;
  const candidates = basePort === undefined ? [...BASE_PORTS] : [basePort];
  for (;;) {
    const root = await mkdtemp(join(tmpdir(), 'emr-network-'));
    const dir = join(root, 'network');
    try {
      await bringUp(dir, candidates.shift() ?? 0, options);
      return { dir, [Symbol.asyncDispose]: () => remove(root, dir) };
    } catch (error) {
      await remove(root, dir);
      if (!NetworkError.is(error, 'PORTS_TAKEN') || candidates.length === 0) throw error;
    }
  }
}
