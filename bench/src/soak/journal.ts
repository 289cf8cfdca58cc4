/**
 * What was seen during a soak, with times in milliseconds since its load began.
 *
 * @module
 */
import type { OrdererSample } from '@emr-share/network';

/** A transaction whose commit a gateway peer has confirmed to the client. */
export interface Acknowledged {
  readonly transactionId: string;
  readonly block: number;
  readonly submittedMs: number;
  readonly acknowledgedMs: number;
}

/** A call that ended without an answer: its transaction may be committed or not. */
export interface Unanswered {
  readonly atMs: number;
  readonly afterMs: number;
  readonly code: string;
  readonly problem: string;
}

export interface Kill {
  readonly node: string;
  readonly wasLeader: boolean;
  readonly atMs: number;
  /** When it was running again; `null` where the soak ended before that. */
  backMs: number | null;
}

export interface Sample {
  readonly atMs: number;
  readonly load: number;
  readonly orderers: readonly OrdererSample[];
}

export class Journal {
  /** When the load began, in milliseconds since 1970: what its processes have in common. */
  readonly startedAt: number;
  readonly acknowledged: Acknowledged[] = [];
  readonly unanswered: Unanswered[] = [];
  readonly kills: Kill[] = [];
  readonly samples: Sample[] = [];

  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  /** Milliseconds since the load began. */
  now(): number {
    return Date.now() - this.startedAt;
  }
}
