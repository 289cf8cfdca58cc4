/**
 * Asking the custodians: `t` of `n` valid answers, whoever of them is slow, down or lying.
 *
 * @module
 */
import { CryptoError } from '@emr-share/crypto';
import { EmrError, type ErrorCode, type MspId } from '@emr-share/model';
import type { ClientContext } from './client-context.js';

/** Who is asked for what. */
export interface Question<T> {
  readonly custodians: readonly MspId[];
  readonly threshold: number;
  /** One custodian's answer, checked. A `CryptoError` says that it does not verify. */
  readonly ask: (mspId: MspId, signal: AbortSignal) => Promise<T>;
  /** The custodian's lie. */
  readonly invalid: (mspId: MspId, cause: CryptoError) => EmrError;
  /** What there is to say where too few answer, and no reason is common to them. */
  readonly insufficient: (have: number, need: number, cause: AggregateError) => EmrError;
}

/** Refusals with a reason that the reader can act upon. */
const REASONS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CALLER_UNREGISTERED',
  'CALLER_MISMATCH',
  'CALLER_SUSPENDED',
  'TIMESTAMP_SKEW',
  'TICKET_NOT_FOUND',
  'TICKET_MISMATCH',
  'TICKET_EXPIRED',
  'TICKET_ENDED',
  'GRANT_REVOKED',
  'GRANT_EXPIRED',
  'PURPOSE_DENIED',
  'ATTRIBUTE_DENIED',
  'AUDIENCE_ENDED',
  'AUDIENCE_SCOPE_MISSING',
  'READER_REFUSED',
  'APPROVALS_MISSING',
  'RECORD_NOT_FOUND',
  'SHARING_REPLACED',
]);

/** Why there are too few: the reason that enough custodians agree on to decide it, if there is one. */
function refusal<T>(
  failures: readonly unknown[],
  have: number,
  { custodians, threshold, insufficient }: Question<T>,
): EmrError {
  const blocking = custodians.length - threshold + 1;
  const reasons = failures.filter(
    (error): error is EmrError => EmrError.is(error) && REASONS.has(error.code),
  );
  const decisive = reasons.find(
    ({ code }) => reasons.filter((other) => other.code === code).length >= blocking,
  );
  const cause = new AggregateError(failures, 'the custodians failed');
  return decisive ?? insufficient(have, threshold, cause);
}

/**
 * Asks all custodians at once and takes the first `threshold` answers that verify; the rest are no
 * longer waited for. A custodian that fails or lies is named to the warning listener and left out.
 *
 * @throws EmrError the custodians' common reason, such as `TICKET_EXPIRED`, or what `insufficient`
 *   makes.
 */
export async function firstAnswers<T>(
  { warn }: ClientContext,
  question: Question<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  signal.throwIfAborted();
  const { custodians, threshold, ask } = question;
  const settled = new AbortController();
  const asking = AbortSignal.any([signal, settled.signal]);
  const answers: T[] = [];
  const failures: unknown[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const onFailure = (mspId: MspId, error: unknown): void => {
        if (settled.signal.aborted) return;
        failures.push(error);
        warn(asWarning(mspId, error));
        if (failures.length + threshold > custodians.length) {
          reject(refusal(failures, answers.length, question));
        }
      };
      signal.addEventListener(
        'abort',
        () => {
          reject(signal.reason as Error);
        },
        { signal: settled.signal },
      );
      for (const mspId of custodians) {
        ask(mspId, asking).then(
          (answer) => {
            if (settled.signal.aborted) return;
            answers.push(answer);
            if (answers.length === threshold) resolve();
          },
          (error: unknown) => {
            if (signal.aborted) return;
            onFailure(mspId, CryptoError.is(error) ? question.invalid(mspId, error) : error);
          },
        );
      }
    });
    return answers.slice(0, threshold);
  } finally {
    settled.abort();
  }
}

function asWarning(mspId: MspId, error: unknown): EmrError {
  return EmrError.is(error)
    ? error
    : new EmrError('LEDGER_UNAVAILABLE', { endpoint: mspId }, { cause: error });
}
