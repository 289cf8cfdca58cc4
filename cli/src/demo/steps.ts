/**
 * Runs the steps of the story and holds each to its word: what must succeed succeeds, and what must
 * be refused is refused with the code that belongs to it.
 *
 * @module
 */
import type { CryptoErrorCode } from '@emr-share/crypto';
import type { ErrorCode } from '@emr-share/model';
import { CliError } from '../errors/cli-error.js';
import type { Narrator } from './narrator.js';
import type { StepReport } from './report.js';

/** What a step did, and what that proves, in a sentence. */
export interface StepResult<T> {
  readonly value: T;
  readonly proof: string;
}

export interface Refusal {
  readonly name: string;
  readonly actor: string;
  /** The code it must be refused with. */
  readonly code: ErrorCode | CryptoErrorCode;
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

  /** How long the last step took. */
  get lastMs(): number {
    return this.#done.at(-1)?.ms ?? 0;
  }

  /** A step that must succeed. Throws CliError `DEMO_FAILED` where it does not. */
  async ok<T>(name: string, actor: string, act: () => Promise<StepResult<T>>): Promise<T> {
    const started = this.#begin(actor, name);
    try {
      const { value, proof } = await act();
      this.#end({ name, actor, outcome: 'ok', ms: msSince(started) }, proof);
      return value;
    } catch (error) {
      throw this.#failed({ name, actor, ms: msSince(started) }, 'it must succeed', error);
    }
  }

  /**
   * A step that must be refused. Throws CliError `DEMO_FAILED` where it is not, or is for another
   * reason.
   */
  async denied({ name, actor, code, proof }: Refusal, act: () => Promise<unknown>): Promise<void> {
    const started = this.#begin(actor, name);
    try {
      await act();
    } catch (error) {
      const step = { name, actor, ms: msSince(started) };
      if (codeOf(error) !== code)
        throw this.#failed(step, `it must be refused with ${code}`, error);
      this.#end({ ...step, outcome: 'denied', code }, proof);
      return;
    }
    this.#end({ name, actor, outcome: 'ok', ms: msSince(started) }, '');
    throw new CliError('DEMO_FAILED', `"${name}" was not refused; it must be, with ${code}`);
  }

  #begin(actor: string, name: string): number {
    this.#narrator.begin(this.#done.length + 1, actor, name);
    return performance.now();
  }

  #end(step: StepReport, proof: string): void {
    this.#done.push(step);
    this.#narrator.end(step, proof);
  }

  #failed(step: Pick<StepReport, 'name' | 'actor' | 'ms'>, duty: string, cause: unknown): Error {
    const code = codeOf(cause) ?? 'INTERNAL';
    if (!this.#signal.aborted) this.#end({ ...step, outcome: 'denied', code }, '');
    const reason = cause instanceof Error ? cause.message : 'unknown';
    return new CliError(
      'DEMO_FAILED',
      `"${step.name}": ${duty}, but ended with ${code}: ${reason}`,
      {
        cause,
      },
    );
  }
}

function msSince(started: number): number {
  return Math.round(performance.now() - started);
}
