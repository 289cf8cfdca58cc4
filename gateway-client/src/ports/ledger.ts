/**
 * Port: the ledger as one enrolled identity sees it. Adapters: the embedded consortium, Fabric.
 * Every method rejects with an `EmrError`: the contract's own code, or one of `LEDGER_*`,
 * `ENDORSEMENT_MISMATCH`, `COMMIT_UNKNOWN`; an abort rejects with the signal's reason.
 *
 * @module
 */
import type {
  AuditEntry,
  MspId,
  TransactionName,
  TransactionRequest,
  TransactionResponse,
} from '@emr-share/model';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Options of one transaction or query. */
export interface TransactOptions extends CallOptions {
  /**
   * The organizations to ask. Needed for `organization` transactions and `custodian-query` queries,
   * which name exactly one; others leave the choice to the adapter.
   */
  readonly organizations?: readonly MspId[] | undefined;
  /** Secrets for the endorsers: never part of the transaction. */
  readonly transient?: Readonly<Record<string, Uint8Array>> | undefined;
}

/** A committed transaction. */
export interface Committed<R> {
  readonly transactionId: string;
  readonly blockNumber: number;
  readonly response: R;
}

/** Where an event stream stands; plain data, so that a client can keep it. */
export interface Checkpoint {
  readonly blockNumber: number;
  /** Last transaction of that block that was processed; left out: none yet. */
  readonly transactionId?: string | undefined;
}

/** A committed transaction's event with the checkpoint to resume after it. */
export interface LedgerEvent {
  readonly entry: AuditEntry;
  readonly blockNumber: number;
  readonly transactionId: string;
  readonly checkpoint: Checkpoint;
}

export interface EventOptions extends CallOptions {
  /** Replays what was committed after this point first; left out: from now on. */
  readonly after?: Checkpoint | undefined;
}

/** The consortium's ledger. */
export interface Ledger {
  /** The organization of the caller's identity. */
  readonly mspId: MspId;
  /** The caller's user ID: attribute `emr.user` of the certificate. */
  readonly userId: string;

  /** Runs a query. Nothing is written; nothing proves to others that it ran. */
  evaluate<N extends TransactionName>(
    name: N,
    request: TransactionRequest<N>,
    options?: TransactOptions,
  ): Promise<TransactionResponse<N>>;

  /**
   * Has a transaction endorsed, ordered and committed. Conflicts (`LEDGER_CONFLICT`) are retried
   * with new proposals and jitter before they reach the caller.
   */
  submit<N extends TransactionName>(
    name: N,
    request: TransactionRequest<N>,
    options?: TransactOptions,
  ): Promise<Committed<TransactionResponse<N>>>;

  /** Committed events in order, each once, from a checkpoint on; ends when `signal` aborts. */
  events(options?: EventOptions): AsyncIterable<LedgerEvent>;
}
