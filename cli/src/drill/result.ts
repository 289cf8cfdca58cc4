import type { DrillName } from './drill-names.js';
import type { Loss } from './load/book.js';

/** One thing that was broken on purpose. */
export interface Fault {
  /** `orderer.hospa killed` */
  readonly what: string;
  /** From the fault to the first acknowledged transaction that was begun after it. */
  readonly recoveredMs: number;
}

/** What a drill found. Times in milliseconds, of the clients' own clocks. */
export interface DrillResult {
  readonly drill: DrillName;
  /** Nothing was lost, and all ledgers are equal. */
  readonly passed: boolean;
  /** Records, grants and revocations that were acknowledged while the load ran. */
  readonly acknowledged: number;
  /** Calls that ended in an error; they were made again until they were acknowledged. */
  readonly failed: number;
  /** Of what was acknowledged: not there, not as it was, or not in force. */
  readonly lost: number;
  /** The longest of the faults'. */
  readonly recoveredMs: number;
  /** The longest time without an acknowledged transaction while the load ran. */
  readonly longestGapMs: number;
  readonly ledgersEqual: boolean;
  /** Node → blocks in its ledger, at the end. */
  readonly heights: Readonly<Record<string, number>>;
  readonly faults: readonly Fault[];
  readonly counts: {
    readonly records: number;
    readonly grants: number;
    readonly revocations: number;
    readonly fetches: number;
    readonly transactions: number;
  };
  /** Error code → calls that ended in it. */
  readonly failures: Readonly<Record<string, number>>;
  readonly losses: readonly Loss[];
  /** Nodes that the network's supervisor restarted meanwhile, such as an orderer that stood still. */
  readonly restartedBySupervisor: readonly string[];
  /** What this drill alone observed. */
  readonly observed: Readonly<Record<string, unknown>>;
  /** How long the load ran. */
  readonly loadMs: number;
  /** All of it: people, load, mending, verification. */
  readonly tookMs: number;
}
