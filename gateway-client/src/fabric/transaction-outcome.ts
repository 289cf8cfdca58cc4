/**
 * What a transaction that has been ordered comes to.
 *
 * @module
 */
import { StatusCode, type Status, type Transaction } from '@hyperledger/fabric-gateway';
import {
  EmrError,
  TRANSACTIONS,
  validate,
  type TransactionName,
  type TransactionResponse,
} from '@emr-share/model';
import type { Committed } from '../ports/ledger.js';

/** Of transactions that lost against another one: worth a new proposal. */
const CONFLICTS: ReadonlySet<number> = new Set([
  StatusCode.MVCC_READ_CONFLICT,
  StatusCode.PHANTOM_READ_CONFLICT,
]);

/**
 * A valid transaction with the contract's answer.
 *
 * @throws EmrError `LEDGER_CONFLICT`; `LEDGER_REJECTED` for any other validation code, or no answer.
 */
export function committedOf<N extends TransactionName>(
  name: N,
  transaction: Transaction,
  { code, blockNumber }: Pick<Status, 'code' | 'blockNumber'>,
): Committed<TransactionResponse<N>> {
  const transactionId = transaction.getTransactionId();
  if (CONFLICTS.has(code)) throw new EmrError('LEDGER_CONFLICT', { transactionId });
  if (code !== StatusCode.VALID) {
    const problem = `transaction ${transactionId} was found invalid: ${codeName(code)}`;
    throw new EmrError('LEDGER_REJECTED', { problem });
  }
  const response = decodeAnswer(name, transaction.getResult());
  return { transactionId, blockNumber: Number(blockNumber), response };
}

/** A contract's answer. Throws EmrError `LEDGER_REJECTED`, `INPUT_INVALID`. */
export function decodeAnswer<N extends TransactionName>(
  name: N,
  bytes: Uint8Array,
): TransactionResponse<N> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new EmrError('LEDGER_REJECTED', { problem: `${name} answered no JSON` }, { cause });
  }
  return validate(TRANSACTIONS[name].response, value, `the answer of ${name}`);
}

/** Fabric's name of a validation code, such as `MVCC_READ_CONFLICT`. */
export function codeName(code: number): string {
  const [name] = Object.entries(StatusCode).find(([, value]) => value === code) ?? [];
  return name ?? `code ${code}`;
}
