/**
 * Submitting so that a lost answer is not a lost transaction.
 *
 * @module
 */
import {
  EmrError,
  type ErrorCode,
  type TransactionName,
  type TransactionRequest,
  type TransactionResponse,
} from '@emr-share/model';
import type { Ledger, TransactOptions } from './ports/ledger.js';
import { whileBehind } from './retry.js';

/** A transaction that the ledger has. */
export interface Settled<R> {
  readonly transactionId: string;
  readonly response: R;
}

export interface SettleOptions<R> extends TransactOptions {
  readonly signal: AbortSignal;
  /** Reads what the transaction would have written. */
  readonly recall: () => Promise<R>;
  /** What `recall` throws while it is not there. */
  readonly missing: ErrorCode;
  /** Whether what `recall` found is this transaction's doing; default: anything is. */
  readonly isOurs?: ((found: R) => boolean) | undefined;
}

/**
 * Submits a transaction; where its fate is unknown, finds out by reading, never by submitting again.
 *
 * @throws EmrError what the ledger refuses with; `COMMIT_UNKNOWN` where it is still not to be seen
 *   after a few seconds: repeat the whole operation later, with the same ID.
 */
export async function submitSettled<N extends TransactionName>(
  ledger: Ledger,
  name: N,
  request: TransactionRequest<N>,
  options: SettleOptions<TransactionResponse<N>>,
): Promise<Settled<TransactionResponse<N>>> {
  const { recall, missing, isOurs = () => true, ...transact } = options;
  try {
    return await ledger.submit(name, request, transact);
  } catch (error) {
    if (!EmrError.is(error, 'COMMIT_UNKNOWN')) throw error;
    const found = await recalled(missing, options.signal, recall);
    if (found === null || !isOurs(found)) throw error;
    return { transactionId: error.details.transactionId, response: found };
  }
}

async function recalled<R>(
  missing: ErrorCode,
  signal: AbortSignal,
  recall: () => Promise<R>,
): Promise<R | null> {
  try {
    return await whileBehind([missing], signal, recall);
  } catch (error) {
    if (EmrError.is(error) && error.code === missing) return null;
    throw error;
  }
}

/** What a query finds, or `null` where it is refused with `missing`. */
export async function find<R>(missing: ErrorCode, query: () => Promise<R>): Promise<R | null> {
  try {
    return await query();
  } catch (error) {
    if (EmrError.is(error) && error.code === missing) return null;
    throw error;
  }
}
