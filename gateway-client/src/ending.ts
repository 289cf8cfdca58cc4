/**
 * The end of a grant, named or by audience, after the ledger knows that it has ended: every custodian
 * purges what it holds, and a receipt says so. Each step is skipped where the ledger shows it done, so
 * that calling again finishes what a crash or a custodian's absence left.
 *
 * @module
 */
import { EmrError, type ErrorCode, type MspId, type ScopeId } from '@emr-share/model';
import { allOf } from './all-of.js';
import { whileBehind } from './retry.js';
import { find } from './settle.js';

/** What one custodian holds of the grant. */
interface Holding {
  readonly mspId: MspId;
  readonly present: readonly ScopeId[];
}

/** The steps of one kind of grant. `R`: its receipt. */
export interface Ending<R> {
  readonly status: () => Promise<{ readonly custodians: readonly Holding[] }>;
  readonly purge: (mspId: MspId) => Promise<unknown>;
  /** What a custodian refuses a purge with that has not seen the end yet. */
  readonly isActive: ErrorCode;
  /** The receipt; fails with `RECEIPT_NOT_FOUND` before there is one. */
  readonly receipt: () => Promise<R>;
  readonly close: () => Promise<{ readonly response: R }>;
  /** What an endorser refuses to close with that has not seen a purge yet. */
  readonly isPresent: ErrorCode;
}

/** Has every custodian purge what it holds. Throws what one of them failed with. */
export async function purgeEverywhere(ending: Ending<unknown>, signal: AbortSignal): Promise<void> {
  const { custodians } = await ending.status();
  const holding = custodians.filter(({ present }) => present.length > 0);
  // All are asked, even where one fails: each secret that goes brings the rest below the threshold.
  await allOf(
    holding.map(({ mspId }) => purgeAt(ending, mspId, signal)),
    signal,
  );
}

async function purgeAt(
  { purge, isActive }: Ending<unknown>,
  mspId: MspId,
  signal: AbortSignal,
): Promise<void> {
  try {
    await whileBehind([isActive], signal, () => purge(mspId));
  } catch (error) {
    // Whether it is gone shows when the grant is closed: every endorser looks for its hash.
    if (!EmrError.is(error, 'COMMIT_UNKNOWN')) throw error;
  }
}

/** The receipt, made where there is none yet. */
export async function closeWithReceipt<R>(
  { receipt, close, isPresent }: Ending<R>,
  signal: AbortSignal,
): Promise<R> {
  const existing = await find('RECEIPT_NOT_FOUND', receipt);
  if (existing !== null) return existing;
  const { response } = await whileBehind([isPresent], signal, close);
  return response;
}
