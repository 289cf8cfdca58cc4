/**
 * Asking the custodians: `t` of `n` valid re-encryptions, whoever of them is slow, down or lying.
 *
 * @module
 */
import { CapsuleFrag, CryptoError, type VerifiedCapsuleFrag } from '@emr-share/crypto';
import { EmrError, type AccessTicket, type ErrorCode, type MspId } from '@emr-share/model';
import { hexToBytes } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { whileBehind } from '../retry.js';

/** What is asked of whom. */
export interface CfragRequest {
  readonly ticket: AccessTicket;
  readonly custodians: readonly MspId[];
  readonly threshold: number;
  /** Checks a cfrag's proof. Throws `CryptoError`. */
  readonly verify: (cfrag: CapsuleFrag) => VerifiedCapsuleFrag;
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
  'GRANT_REVOKED',
  'GRANT_EXPIRED',
  'PURPOSE_DENIED',
  'ATTRIBUTE_DENIED',
]);

async function ask(
  { ledger }: ClientContext,
  { ticket, verify }: CfragRequest,
  mspId: MspId,
  signal: AbortSignal,
): Promise<VerifiedCapsuleFrag> {
  const { ticketId } = ticket;
  const answer = await whileBehind(['TICKET_NOT_FOUND', 'CUSTODIAN_STALE'], signal, () =>
    ledger.evaluate('access:Reencrypt', { ticketId }, { organizations: [mspId], signal }),
  );
  try {
    return verify(CapsuleFrag.fromBytesSimple(hexToBytes(answer.cfrag)));
  } catch (error) {
    if (!CryptoError.is(error)) throw error;
    throw new EmrError('CFRAG_INVALID', { mspId }, { cause: error });
  }
}

/** Why there are too few: the reason that enough custodians agree on to decide it, if there is one. */
function refusal(
  failures: readonly unknown[],
  have: number,
  { custodians, threshold }: CfragRequest,
): EmrError {
  const blocking = custodians.length - threshold + 1;
  const reasons = failures.filter(
    (error): error is EmrError => EmrError.is(error) && REASONS.has(error.code),
  );
  const decisive = reasons.find(
    ({ code }) => reasons.filter((other) => other.code === code).length >= blocking,
  );
  const cause = new AggregateError(failures, 'the custodians failed');
  return decisive ?? new EmrError('CFRAGS_INSUFFICIENT', { have, need: threshold }, { cause });
}

/**
 * Asks all custodians at once and takes the first `threshold` answers that verify; the rest are no
 * longer waited for. A custodian that fails or lies is named to the warning listener and left out.
 *
 * @throws EmrError the custodians' common reason, such as `TICKET_EXPIRED`, or `CFRAGS_INSUFFICIENT`.
 */
export async function collectCfrags(
  context: ClientContext,
  request: CfragRequest,
  signal: AbortSignal,
): Promise<readonly VerifiedCapsuleFrag[]> {
  signal.throwIfAborted();
  const { custodians, threshold } = request;
  const settled = new AbortController();
  const asking = AbortSignal.any([signal, settled.signal]);
  const cfrags: VerifiedCapsuleFrag[] = [];
  const failures: unknown[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const onFailure = (mspId: MspId, error: unknown): void => {
        if (settled.signal.aborted) return;
        failures.push(error);
        context.warn(asWarning(mspId, error));
        if (failures.length + threshold > custodians.length) {
          reject(refusal(failures, cfrags.length, request));
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
        ask(context, request, mspId, asking).then(
          (cfrag) => {
            if (settled.signal.aborted) return;
            cfrags.push(cfrag);
            if (cfrags.length === threshold) resolve();
          },
          (error: unknown) => {
            if (!signal.aborted) onFailure(mspId, error);
          },
        );
      }
    });
    return cfrags.slice(0, threshold);
  } finally {
    settled.abort();
  }
}

function asWarning(mspId: MspId, error: unknown): EmrError {
  return EmrError.is(error)
    ? error
    : new EmrError('LEDGER_UNAVAILABLE', { endpoint: mspId }, { cause: error });
}
