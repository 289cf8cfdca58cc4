/**
 * The network under drill: what a drill may break, and everything it has broken put back.
 *
 * @module
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  killNodes,
  type NodeRole,
  type NodeStatus,
  startNodes,
  status,
  waitSwarm,
  waitTakingPart,
} from '@emr-share/network';
import { CliError } from '../errors/cli-error.js';
import type { CommitLog } from './load/commit-log.js';
import type { Fault } from './result.js';

/** How long the clients may be without an acknowledgement before a drill is given up. */
const RECOVERY_LIMIT_MS = 150_000;
const CATCH_UP_LIMIT_MS = 90_000;
const POLL_MS = 200;

export interface SiteOptions {
  readonly dir: string;
  /** The network's nodes, as they were before anything was broken. */
  readonly nodes: readonly NodeStatus[];
  readonly log: CommitLog;
  /** How long a fault lasts after the clients have recovered from it. */
  readonly holdMs: number;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/** A fault, and since when it is there (`performance.now()`). */
export interface Blow {
  readonly what: string;
  readonly since: number;
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  signal.aborted ? Promise.resolve() : once(signal, 'abort');

export class Site {
  readonly dir: string;
  readonly nodes: readonly NodeStatus[];
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
  readonly #log: CommitLog;
  readonly #holdMs: number;
  readonly #faults: Fault[] = [];
  readonly #repairs: (() => Promise<void>)[] = [];

  constructor({ dir, nodes, log, holdMs, signal, note }: SiteOptions) {
    this.dir = dir;
    this.nodes = nodes;
    this.signal = signal;
    this.note = note;
    this.#log = log;
    this.#holdMs = holdMs;
  }

  get faults(): readonly Fault[] {
    return this.#faults;
  }

  /** Organizations with a contract service, by name in the topology. */
  get hospitals(): readonly string[] {
    return this.named('contract').map((name) => this.organizationOf(name));
  }

  /** Names of all nodes, or of those of a role. */
  named(role?: NodeRole): readonly string[] {
    return this.nodes
      .filter((node) => role === undefined || node.role === role)
      .map(({ node }) => node);
  }

  organizationOf(name: string): string {
    return this.nodes.find(({ node }) => node === name)?.organization ?? '';
  }

  /**
   * The last of some names.
   *
   * @throws CliError `DRILL_IMPOSSIBLE` where there is none
   */
  lastOf(names: readonly string[], what: string): string {
    const last = names.at(-1);
    if (last !== undefined) return last;
    throw new CliError('DRILL_IMPOSSIBLE', `this network has no ${what} to drill with`);
  }

  /** Has something broken put back at the end, whatever comes in between; last things first. */
  onMend(repair: () => Promise<void>): void {
    this.#repairs.push(repair);
  }

  /** Kills nodes at once, waits until clients are served again, and a while longer. */
  async crash(names: readonly string[], what = names.join(', ')): Promise<void> {
    await this.served(await this.kill(names, what));
    await this.hold();
  }

  kill(names: readonly string[], what = names.join(', ')): Promise<Blow> {
    this.note(`killing ${what}`);
    return this.strike(`${what} killed`, () => killNodes(this.dir, names));
  }

  /** Breaks something; the clock runs from when it is broken. */
  async strike(what: string, fault: () => Promise<void>): Promise<Blow> {
    await fault();
    return { what, since: performance.now() };
  }

  /**
   * Waits until a transaction that was begun after the fault is acknowledged.
   *
   * @throws CliError `DRILL_FAILED` where none is for 150 s
   */
  async served({ what, since }: Blow): Promise<void> {
    const limit = AbortSignal.timeout(RECOVERY_LIMIT_MS);
    const ending = aborted(AbortSignal.any([limit, this.signal]));
    let at = this.#log.firstBegunSince(since);
    while (at === null) {
      await Promise.race([this.#log.next(), ending]);
      this.signal.throwIfAborted();
      at = this.#log.firstBegunSince(since);
      if (at !== null || !limit.aborted) continue;
      const waited = `${String(RECOVERY_LIMIT_MS / 1000)} s`;
      const message = `${what}: no transaction was acknowledged for ${waited}`;
      throw new CliError('DRILL_FAILED', message, { details: { what } });
    }
    const recoveredMs = Math.round(at - since);
    this.#faults.push({ what, recoveredMs });
    this.note(`clients served again after ${String(recoveredMs)} ms`);
  }

  /** Lets the load run on. */
  async hold(ms = this.#holdMs): Promise<void> {
    await delay(ms, undefined, { signal: this.signal });
  }

  /**
   * Starts nodes, and waits until those with a ledger have what the others had by then, and orderers
   * vote: one that does not yet is still a fault, and a network of four bears one.
   */
  async bringBack(names: readonly string[]): Promise<void> {
    this.note(`starting ${names.length > 3 ? `${String(names.length)} nodes` : names.join(', ')}`);
    await startNodes(this.dir, names, { signal: this.signal });
    await this.caughtUp(names);
    const started = performance.now();
    await waitTakingPart(this.dir, names, { limitMs: CATCH_UP_LIMIT_MS, signal: this.signal });
    const waitedMs = Math.round(performance.now() - started);
    if (waitedMs >= POLL_MS) this.note(`took part in ordering ${String(waitedMs)} ms later`);
  }

  /**
   * Waits until nodes have as many blocks as any node has now.
   *
   * @throws CliError `DRILL_FAILED` where they do not get there in 90 s
   */
  async caughtUp(names: readonly string[]): Promise<void> {
    const target = Math.max(...(await this.heights()).values());
    const deadline = performance.now() + CATCH_UP_LIMIT_MS;
    const isBehind = (heights: ReadonlyMap<string, number>): boolean =>
      names.some((name) => this.#hasLedger(name) && (heights.get(name) ?? 0) < target);
    while (isBehind(await this.heights())) {
      if (performance.now() > deadline) {
        const message = `${names.join(', ')}: not at block ${String(target)} after ${String(CATCH_UP_LIMIT_MS / 1000)} s`;
        throw new CliError('DRILL_FAILED', message, { details: { names, target } });
      }
      await this.hold(POLL_MS);
    }
  }

  /** Node → blocks in its ledger, of those that answer. */
  async heights(): Promise<ReadonlyMap<string, number>> {
    const { nodes } = await status(this.dir, this.signal);
    return new Map(
      nodes.flatMap(({ node, height }) => (height === null ? [] : [[node, height] as const])),
    );
  }

  /** Puts everything back that a drill has not: also after an interruption. */
  async mend(): Promise<void> {
    for (const repair of this.#repairs.splice(0).reverse()) await repair();
    await startNodes(this.dir, this.named());
    await waitSwarm(this.dir);
  }

  #hasLedger(name: string): boolean {
    const role = this.nodes.find(({ node }) => node === name)?.role;
    return role === 'peer' || role === 'orderer';
  }
}
