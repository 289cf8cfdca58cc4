/**
 * Re-encryptions of a capsule: those of the first `t` custodians that answer with a proof.
 *
 * @module
 */
import { CapsuleFrag, type VerifiedCapsuleFrag } from '@emr-share/crypto';
import { EmrError, type AccessTicket, type MspId } from '@emr-share/model';
import { hexToBytes } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { firstAnswers } from '../first-answers.js';
import { whileBehind } from '../retry.js';

/** What is asked of whom. */
export interface CfragRequest {
  readonly ticket: AccessTicket;
  readonly custodians: readonly MspId[];
  readonly threshold: number;
  /** Checks a cfrag's proof. Throws `CryptoError`. */
  readonly verify: (cfrag: CapsuleFrag) => VerifiedCapsuleFrag;
}

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
  return verify(CapsuleFrag.fromBytesSimple(hexToBytes(answer.cfrag)));
}

/**
 * Asks all custodians at once and takes the first `threshold` answers that verify. A custodian that
 * fails or lies is named to the warning listener and left out.
 *
 * @throws EmrError the custodians' common reason, such as `TICKET_EXPIRED`, or `CFRAGS_INSUFFICIENT`.
 */
export async function collectCfrags(
  context: ClientContext,
  request: CfragRequest,
  signal: AbortSignal,
): Promise<readonly VerifiedCapsuleFrag[]> {
  const { custodians, threshold } = request;
  const question = {
    custodians,
    threshold,
    ask: (mspId: MspId, asking: AbortSignal) => ask(context, request, mspId, asking),
    invalid: (mspId: MspId, cause: Error) => new EmrError('CFRAG_INVALID', { mspId }, { cause }),
    insufficient: (have: number, need: number, cause: Error) =>
      new EmrError('CFRAGS_INSUFFICIENT', { have, need }, { cause }),
  };
  return firstAnswers(context, question, signal);
}
