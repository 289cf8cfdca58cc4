/**
 * What a network's folder says of itself: what it was set up from and which steps are done.
 *
 * @module
 */
import { readdir } from 'node:fs/promises';
import * as v from 'valibot';
import { NetworkError, problemOf } from '../errors.js';
import { makePrivateDir, readIfThere, writeSecret } from '../files/atomic.js';
import type { NetworkPaths } from '../files/network-paths.js';
import type { ContractCommand } from '../nodes/context.js';
import { withContract } from '../topology/contract.js';
import type { Topology } from '../topology/topology.js';
import { requireSameDatabases } from './state-databases.js';
import { changesIn } from './topology-changes.js';

const FORMAT = 1;

const DoneStep = v.object({ fingerprint: v.string(), finishedAt: v.string() });
const State = v.object({
  format: v.literal(FORMAT),
  createdAt: v.string(),
  /** Whose part of the topology is here; `null`: all of it. */
  host: v.optional(v.nullable(v.string()), null),
  /** Written by this package from a checked topology, hence read back as one. */
  topology: v.custom<Topology>((value) => typeof value === 'object' && value !== null),
  contract: v.object({
    command: v.custom<ContractCommand['command']>((value) => Array.isArray(value)),
    env: v.optional(v.record(v.string(), v.string())),
  }),
  steps: v.record(v.string(), DoneStep),
});
type State = v.InferOutput<typeof State>;

async function parseState(paths: NetworkPaths): Promise<State | null> {
  const text = await readIfThere(paths.state);
  if (text === null) return null;
  try {
    return v.parse(State, JSON.parse(text));
  } catch (error) {
    const details = { path: paths.state, problem: problemOf(error) };
    throw new NetworkError('STATE_INVALID', details, { cause: error });
  }
}

/** With the contract that the network went over to meanwhile. */
function upgraded(asked: Topology, { contract }: Topology): Topology {
  const isLater = contract.sequence > asked.contract.sequence;
  return isLater ? withContract(asked, contract) : asked;
}

/** @throws {@link NetworkError} TOPOLOGY_CHANGED, STATE_DATABASE_CHANGED */
async function requireUnchanged(
  existing: State,
  asked: Pick<State, 'topology' | 'host'>,
  paths: NetworkPaths,
): Promise<void> {
  const changed = changesIn(existing.topology, asked.topology);
  if (existing.host !== asked.host) changed.push('host');
  if (changed.length > 0) {
    const details = { dir: paths.dir, changed: changed.join(', ') };
    throw new NetworkError('TOPOLOGY_CHANGED', details);
  }
  await requireSameDatabases(existing.topology, asked.topology, paths);
}

/** An open network folder. Every change is on disk when its promise resolves. */
export class NetworkState {
  readonly #paths: NetworkPaths;
  #state: State;
  #saving: Promise<void> = Promise.resolve();

  private constructor(paths: NetworkPaths, state: State) {
    this.#paths = paths;
    this.#state = state;
  }

  /** @throws {@link NetworkError} NETWORK_NOT_FOUND, STATE_INVALID */
  static async open(paths: NetworkPaths): Promise<NetworkState> {
    const state = await parseState(paths);
    if (state === null) throw new NetworkError('NETWORK_NOT_FOUND', { dir: paths.dir });
    return new NetworkState(paths, state);
  }

  /**
   * Opens the folder for a topology, or begins it. Users and tools may differ from last time; what
   * the channel or the certificates were made from may not. A contract that was upgraded since the
   * topology was written stays so.
   *
   * @throws {@link NetworkError} TOPOLOGY_CHANGED, STATE_DATABASE_CHANGED, NETWORK_DIR_FOREIGN, STATE_INVALID
   */
  static async begin(
    paths: NetworkPaths,
    asked: Topology,
    contract: ContractCommand,
    host: string | null = null,
  ): Promise<NetworkState> {
    const existing = await parseState(paths);
    if (existing === null) await requireOwnOrEmpty(paths);
    const topology = existing === null ? asked : upgraded(asked, existing.topology);
    if (existing !== null) await requireUnchanged(existing, { topology, host }, paths);
    const fresh = { format: FORMAT, createdAt: new Date().toISOString(), steps: {} } as const;
    const { command, env = {} } = contract;
    const state = { ...(existing ?? fresh), topology, host, contract: { command, env } };
    const opened = new NetworkState(paths, state);
    await opened.#save();
    return opened;
  }

  get topology(): Topology {
    return this.#state.topology;
  }

  get host(): string | null {
    return this.#state.host;
  }

  get contract(): ContractCommand {
    const { command, env = {} } = this.#state.contract;
    return { command, env };
  }

  /** Fingerprint under which the step was last finished; `null` where it never was. */
  fingerprintOf(step: string): string | null {
    return this.#state.steps[step]?.fingerprint ?? null;
  }

  /** IDs of the steps that were finished at some time. */
  get finishedSteps(): readonly string[] {
    return Object.keys(this.#state.steps);
  }

  async finish(step: string, fingerprint: string): Promise<void> {
    const done = { fingerprint, finishedAt: new Date().toISOString() };
    this.#state = { ...this.#state, steps: { ...this.#state.steps, [step]: done } };
    await this.#save();
  }

  /** Makes steps due again, whatever they would find. */
  async forget(isDue: (step: string) => boolean): Promise<void> {
    const kept = Object.entries(this.#state.steps).filter(([step]) => !isDue(step));
    this.#state = { ...this.#state, steps: Object.fromEntries(kept) };
    await this.#save();
  }

  /** Goes on with a changed topology: what was decided between two runs of `up`. */
  async adopt(topology: Topology, contract: ContractCommand = this.contract): Promise<void> {
    const { command, env = {} } = contract;
    this.#state = { ...this.#state, topology, contract: { command, env } };
    await this.#save();
  }

  /** One write after the other; each writes the newest state. */
  async #save(): Promise<void> {
    this.#saving = this.#saving
      .catch(() => undefined)
      .then(() => writeSecret(this.#paths.state, `${JSON.stringify(this.#state, null, 2)}\n`));
    await this.#saving;
  }
}

/** Files that a command may leave in a folder before its state is written. */
const OWN_BEFORE_STATE = /^lock(\..*)?$|^state\.json\..*\.tmp$/;

async function requireOwnOrEmpty(paths: NetworkPaths): Promise<void> {
  await makePrivateDir(paths.dir);
  const foreign = (await readdir(paths.dir)).filter((name) => !OWN_BEFORE_STATE.test(name));
  if (foreign.length > 0) throw new NetworkError('NETWORK_DIR_FOREIGN', { dir: paths.dir });
}
