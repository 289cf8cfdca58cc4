/**
 * A plan: steps and what each waits for. Run as often as one likes, it does what is not done yet.
 *
 * @module
 */
import { problemOf } from '../errors.js';
import type { OnProgress } from '../progress.js';

export interface Step {
  id: string;
  title: string;
  /** Steps that must be finished before. */
  after: readonly string[];
  estimateMs?: number;
  /** SHA-256 of what the step's outcome depends on; another one makes it due again. */
  fingerprint: string;
  /** Looks at the world, not at the record: whether there is nothing to do. Throwing means no. */
  isDone: () => Promise<boolean>;
  /** Must be safe to repeat after an interruption at any point. */
  run: (signal: AbortSignal) => Promise<void>;
}

/** Where finished steps are remembered. */
export interface StepRecord {
  fingerprintOf: (step: string) => string | null;
  finish: (step: string, fingerprint: string) => Promise<void>;
}

export interface PlanOptions {
  record: StepRecord;
  onProgress: OnProgress;
  /** Steps at work at the same time. */
  concurrency: number;
  signal?: AbortSignal | undefined;
}

class PlanRun {
  readonly #waiting: Set<Step>;
  readonly #finished = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  readonly #options: PlanOptions;
  readonly #signal: AbortSignal;
  #failure: { error: unknown } | null = null;

  constructor(steps: readonly Step[], options: PlanOptions) {
    this.#waiting = new Set(steps);
    this.#options = options;
    const { signal } = options;
    this.#signal =
      signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]);
  }

  async run(): Promise<void> {
    while (this.#waiting.size > 0 || this.#running.size > 0) {
      if (!this.#signal.aborted) this.#startReady();
      if (this.#running.size === 0) break;
      await Promise.race(this.#running);
    }
    if (this.#failure !== null) throw this.#failure.error;
    this.#signal.throwIfAborted();
    if (this.#waiting.size > 0) {
      const ids = [...this.#waiting].map(({ id }) => id).join(', ');
      throw new Error(`steps wait for each other: ${ids}`);
    }
  }

  #startReady(): void {
    for (const step of this.#waiting) {
      if (this.#running.size >= this.#options.concurrency) return;
      if (!step.after.every((id) => this.#finished.has(id))) continue;
      this.#waiting.delete(step);
      const running: Promise<void> = this.#perform(step).finally(() => {
        this.#running.delete(running);
      });
      this.#running.add(running);
    }
  }

  async #perform(step: Step): Promise<void> {
    const { onProgress, record } = this.#options;
    const { id, title } = step;
    const started = Date.now();
    try {
      if (await this.#isDone(step)) {
        onProgress({ kind: 'skipped', step: id, title });
      } else {
        const estimate = step.estimateMs === undefined ? {} : { estimateMs: step.estimateMs };
        onProgress({ kind: 'started', step: id, title, ...estimate });
        await step.run(this.#signal);
        await record.finish(id, step.fingerprint);
        onProgress({ kind: 'finished', step: id, title, ms: Date.now() - started });
      }
      this.#finished.add(id);
    } catch (error) {
      if (this.#signal.aborted) return; // another step's failure, or the caller, ended this one
      this.#failure = { error };
      this.#abort.abort(error);
      const ms = Date.now() - started;
      onProgress({ kind: 'failed', step: id, title, ms, problem: problemOf(error) });
    }
  }

  async #isDone(step: Step): Promise<boolean> {
    if (this.#options.record.fingerprintOf(step.id) !== step.fingerprint) return false;
    try {
      return await step.isDone();
    } catch {
      return false;
    }
  }
}

/**
 * Runs every step that is not done, each as soon as those it waits for are finished. At a failure
 * the steps at work are told to stop and awaited; nothing runs on after the promise is settled.
 *
 * @throws what the first failing step threw; the signal's reason when aborted
 */
export async function runPlan(steps: readonly Step[], options: PlanOptions): Promise<void> {
  options.onProgress({ kind: 'planned', steps: steps.length });
  await new PlanRun(steps, options).run();
}
