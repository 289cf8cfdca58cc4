/**
 * The supervisor's rules: look, judge, look closer, restart one node, and look whether it caught up
 * before another one is touched. What it works on is a port, so that a simulated network will do.
 *
 * @module
 */
import { problemOf } from '../errors.js';
import { BackOff } from './back-off.js';
import type { OrdererSample } from './ordering.js';
import { OrderingJudge, type Patience, type Stall, type Suspect } from './ordering-judge.js';
import type { SuspicionCause, SupervisorEvent } from './supervisor-event.js';

/** A process that ended by itself. */
export interface DeadProcess {
  node: string;
  pid: number;
}

/** What an orderer was found doing. */
export interface Inspection {
  /** `null` where it gave no answer. */
  deadlocked: boolean | null;
  /** Where the stacks of a deadlocked one were kept; others are in its log only. */
  report: string | null;
}

/** The network under supervision. */
export interface SupervisedNetwork {
  sampleOrdering(): Promise<OrdererSample[]>;
  /** Processes of other nodes that ended though no command stopped them. */
  deadProcesses(): Promise<DeadProcess[]>;
  inspect(orderer: string): Promise<Inspection>;
  /** Replaces the process of that PID; `false` where a command stopped or replaced it meanwhile. */
  restart(node: string, pid: number): Promise<boolean>;
}

export interface SupervisorSettings {
  /** How many orderers have to take part. */
  quorum: number;
  patience?: Partial<Patience>;
  /** Milliseconds from any moment on, rising. */
  now: () => number;
  onEvent: (event: SupervisorEvent) => void;
}

/** How long a restarted orderer may take to catch up before others are looked at again. */
const SETTLE_MS = 15_000;
/** From one look at what an orderer is doing to the next. */
const LOOK_AGAIN_MS = 3_000;

export class Supervisor {
  readonly #network: SupervisedNetwork;
  readonly #settings: SupervisorSettings;
  readonly #judge: OrderingJudge;
  readonly #backOff = new BackOff();
  #settling: { node: string; until: number } | null = null;
  readonly #lookedAt = new Map<string, number>();
  #suspectedDead = new Set<number>();

  constructor(network: SupervisedNetwork, settings: SupervisorSettings) {
    this.#network = network;
    this.#settings = settings;
    this.#judge = new OrderingJudge(settings.quorum, settings.patience);
  }

  /** One round: looks at everything, and restarts one node at most. */
  async round(): Promise<void> {
    const samples = await this.#network.sampleOrdering();
    const verdict = this.#judge.judge(samples, this.#settings.now());
    if (this.#isSettling(samples)) return;
    if (verdict === null) await this.#reviveOne();
    else if (verdict.cause === 'stalled') await this.#endStall(verdict);
    else await this.#help(verdict);
  }

  #isSettling(samples: readonly OrdererSample[]): boolean {
    if (this.#settling === null) return false;
    const { node, until } = this.#settling;
    const heights = samples.map(({ reading }) => reading?.height ?? 0);
    const own = samples.find((sample) => sample.node === node);
    const hasCaughtUp = (own?.reading?.height ?? -1) >= Math.max(...heights);
    if (hasCaughtUp || own?.state === 'stopped' || this.#settings.now() >= until) {
      this.#settling = null;
    }
    return this.#settling !== null;
  }

  async #help({ node, pid, cause, forMs, behind, isOverdue }: Suspect): Promise<void> {
    if (!this.#backOff.isDue(node, this.#settings.now())) return;
    if (!isOverdue && !this.#isLookDue(node)) return;
    this.#settings.onEvent({ kind: 'suspected', node, cause, forMs, behind });
    const isProven = cause !== 'dead' && (await this.#isDeadlocked(node));
    if (isOverdue || isProven) await this.#restart(node, pid, cause);
  }

  #isLookDue(node: string): boolean {
    const at = this.#lookedAt.get(node);
    return at === undefined || this.#settings.now() >= at + LOOK_AGAIN_MS;
  }

  async #isDeadlocked(node: string): Promise<boolean> {
    this.#lookedAt.set(node, this.#settings.now());
    const inspection = await this.#network.inspect(node);
    this.#settings.onEvent({ kind: 'inspected', node, ...inspection });
    return inspection.deadlocked === true;
  }

  async #endStall({ forMs, suspects, isOverdue }: Stall): Promise<void> {
    const { now, onEvent, quorum } = this.#settings;
    const due = suspects.filter(({ node }) => this.#backOff.isDue(node, now()));
    const unseen = due.filter(({ node }) => this.#isLookDue(node));
    const [likeliest] = due;
    if (likeliest === undefined || (unseen.length === 0 && !isOverdue)) return;
    onEvent({ kind: 'stalled', forMs, running: suspects.length, quorum });
    for (const { node, pid } of unseen) {
      if (!(await this.#isDeadlocked(node))) continue;
      await this.#restart(node, pid, 'stalled');
      return;
    }
    if (isOverdue) await this.#restart(likeliest.node, likeliest.pid, 'stalled');
  }

  /** Other nodes are only looked at for their processes, and revived while ordering is in order. */
  async #reviveOne(): Promise<void> {
    const dead = await this.#network.deadProcesses();
    const { now } = this.#settings;
    const isDue = ({ node, pid }: DeadProcess): boolean =>
      this.#suspectedDead.has(pid) && this.#backOff.isDue(node, now());
    const one = dead.find(isDue);
    this.#suspectedDead = new Set(dead.map(({ pid }) => pid));
    if (one === undefined) return;
    const { node, pid } = one;
    this.#settings.onEvent({ kind: 'suspected', node, cause: 'dead', forMs: 0, behind: 0 });
    await this.#restart(node, pid, 'dead');
  }

  async #restart(node: string, pid: number, cause: SuspicionCause): Promise<void> {
    const { now, onEvent } = this.#settings;
    const started = now();
    try {
      if (!(await this.#network.restart(node, pid))) {
        onEvent({ kind: 'left', node });
        return;
      }
      this.#backOff.take(node, started);
      this.#judge.noteRestart(now());
      onEvent({ kind: 'restarted', node, cause, ms: now() - started });
      this.#settling = { node, until: now() + SETTLE_MS };
    } catch (error) {
      this.#backOff.take(node, started);
      onEvent({ kind: 'failed', node, problem: problemOf(error) });
    }
  }
}
