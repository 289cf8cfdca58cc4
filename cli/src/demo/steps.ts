/**
 * Runs the steps of the story and holds each to its word: what must succeed succeeds, and what must
 * be refused is refused with the code that belongs to it.
 *
 * @module
 */
import type { ErrorCode } from '@emr-share/model';
import type { Narrator } from './narrator.js';
import type { StepReport } from './report.js';

/** A step that ended otherwise than it must. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

/** What a step did, and what that proves, in a sentence. */
export interface StepResult<T> {
  readonly value: T;
  readonly proof: string;
}

export interface Refusal {
  readonly name: string;
  readonly actor: string;
  /** The code it must be refused with. */
  readonly code: ErrorCode;
  /** What the refusal proves. */
  readonly proof: string;
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

export class Steps {
  readonly #narrator: Narrator;
  readonly #signal: AbortSignal;
  readonly #done: StepReport[] = [];

  constructor(narrator: Narrator, signal: AbortSignal) {
    this.#narrator = narrator;
    this.#signal = signal;
  }

  get reports(): readonly StepReport[] {
    return this.#done;
  }

  /** A step that must succeed. Throws the step's own error, after reporting it. */
  async ok<T>(name: string, actor: string, act: () => Promise<StepResult<T>>): Promise<T> {
    const started = performance.now();
    try {
      const { value, proof } = await act();
      this.#end({ name, actor, outcome: 'ok', ms: msSince(started) }, proof);
      return value;
    } catch (error) {
      this.#fail(name, actor, started, error);
      throw error;
    }
  }

  /** A step that must be refused. Throws {@link DemoFailure} where it is not, or for another reason. */
  async denied({ name, actor, code, proof }: Refusal, act: () => Promise<unknown>): Promise<void> {
    const started = performance.now();
    try {
      await act();
    } catch (error) {
      if (codeOf(error) !== code) {
        this.#fail(name, actor, started, error);
        throw error;
      }
      this.#end({ name, actor, outcome: 'denied', code, ms: msSince(started) }, proof);
      return;
    }
    this.#end({ name, actor, outcome: 'ok', ms: msSince(started) }, '');
    throw new DemoFailure(`"${name}" was not refused; it must be, with ${code}`);
  }

  #end(step: StepReport, proof: string): void {
    this.#done.push(step);
    this.#narrator.step(this.#done.length, step, proof);
  }

  #fail(name: string, actor: string, started: number, error: unknown): void {
    if (this.#signal.aborted) return;
    const code = codeOf(error) ?? 'INTERNAL';
    this.#end({ name, actor, outcome: 'denied', code, ms: msSince(started) }, '');
  }
}

function msSince(started: number): number {
  return Math.round(performance.now() - started);
}
