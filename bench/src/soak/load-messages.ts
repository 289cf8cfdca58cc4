/**
 * What a soak and the processes of its load tell each other.
 *
 * @module
 */
import type { MspId } from '@emr-share/model';
import type { Acknowledged, Unanswered } from './journal.js';

/** Arguments of a load process: one hospital's patients. */
export interface LoadTask {
  readonly dir: string;
  readonly mspId: MspId;
  readonly patients: number;
}

export interface BeginLoad {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Transactions a second, of this process; left out: as many as there can be. */
  readonly rate?: number | undefined;
}

/** What a load process tells: that its patients are registered, what it saw, that it is through. */
export type LoadMessage =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'seen';
      readonly acknowledged: readonly Acknowledged[];
      readonly unanswered: readonly Unanswered[];
    }
  | { readonly kind: 'done' };
