/**
 * One admitted call of a transaction: who calls, when, and on what state. What the rules work on.
 *
 * @module
 */
import type {
  Caller,
  TransactionName,
  TransactionResponse,
  UnixMillis,
  ValidatedRequest,
} from '@emr-share/model';
import type { ContractService } from './contract-service.js';
import type { SealedStore } from './sealed-store.js';
import type { WorldState } from './world-state.js';

/** A call whose caller and timestamp have been checked. */
export interface Invocation {
  /** From the X.509 certificate, in agreement with the registration. */
  readonly caller: Caller;
  /** The transaction's timestamp. The only time that may enter a result. */
  readonly now: UnixMillis;
  readonly transactionId: string;
  readonly state: WorldState;
  readonly sealed: SealedStore;
  /** Secrets that came beside the transaction and are not part of it. */
  readonly transient: ReadonlyMap<string, Uint8Array>;
  readonly service: ContractService;
  /** Emits the transaction's event; the last one counts. */
  readonly emit: (name: string, payload: Uint8Array) => void;
}

/** What a transaction does: the validated request in, the response out, or an `EmrError`. */
export type Rule<N extends TransactionName> = (
  invocation: Invocation,
  request: ValidatedRequest<N>,
) => Promise<TransactionResponse<N>>;
