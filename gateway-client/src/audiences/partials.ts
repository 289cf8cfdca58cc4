/**
 * Partial decryptions: those of the first `t` custodians that answer with proofs.
 *
 * @module
 */
import {
  CryptoError,
  Partial,
  type Capsule,
  type ShareCommitments,
  type VerifiedPartial,
} from '@emr-share/crypto';
import {
  canonicalBytes,
  EmrError,
  type MspId,
  type RecordId,
  type TicketId,
  type TransactionResponse,
} from '@emr-share/model';
import { hexToBytes } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { firstAnswers } from '../first-answers.js';
import { whileBehind } from '../retry.js';
import type { SharedAmong } from './sharing.js';

/** A record's key as it is locked: the capsule, and what its scope's key is shared by. */
export interface Lock {
  readonly recordId: RecordId;
  readonly capsule: Capsule;
  readonly commitments: ShareCommitments;
}

/** What is asked of whom. */
export interface PartialsRequest {
  readonly ticketId: TicketId;
  /** Who has shares, and how many of them must answer. */
  readonly among: SharedAmong;
  /** By whose sharing the locks are: that of a roster; `undefined`: the patient's own. */
  readonly roster: number | undefined;
  readonly locks: readonly Lock[];
  /** Resolves once it is certain that locks and audience are as their signers made them. */
  readonly authentic: Promise<unknown>;
}

/** A custodian's answer for each lock, in their order. */
export type PartialsOfCustodian = readonly VerifiedPartial[];

/** Said by a peer that is a block behind, where the reader's own has seen the ticket open. */
const BEHIND = [
  'TICKET_NOT_FOUND',
  'APPROVALS_MISSING',
  'AUDIENCE_SCOPE_MISSING',
  'CUSTODIAN_STALE',
  'SHARING_UNKNOWN',
] as const;

function verified(
  { keyring }: ClientContext,
  { ticketId, among, locks }: PartialsRequest,
  mspId: MspId,
  { partials }: TransactionResponse<'audience:OpenRecords'>,
): PartialsOfCustodian {
  const index = among.custodians.indexOf(mspId) + 1;
  return locks.map(({ recordId, capsule, commitments }) => {
    const answer = partials.find((one) => one.recordId === recordId);
    if (answer === undefined) {
      throw new CryptoError('PARTIAL_INVALID', 'partial: none for one of the records');
    }
    const box = canonicalBytes({ mspId, recordId, ticketId });
    const partial = Partial.fromBytes(keyring.openSealed(hexToBytes(answer.sealed), box));
    if (partial.index !== index) {
      throw new CryptoError('PARTIAL_INVALID', 'partial: of another custodian');
    }
    return partial.verify(capsule, commitments, canonicalBytes({ recordId, ticketId }));
  });
}

async function ask(
  context: ClientContext,
  request: PartialsRequest,
  mspId: MspId,
  signal: AbortSignal,
): Promise<PartialsOfCustodian> {
  const { ticketId, locks, roster, authentic } = request;
  const asked = { ticketId, recordIds: locks.map(({ recordId }) => recordId), roster };
  const answer = await whileBehind(BEHIND, signal, () =>
    context.ledger.evaluate('audience:OpenRecords', asked, { organizations: [mspId], signal }),
  );
  // Before that, an answer that does not verify could be the record's fault, not the custodian's.
  await authentic;
  return verified(context, request, mspId, answer);
}

/**
 * Asks all custodians at once and takes the first `threshold` answers that verify for every lock. A
 * custodian that fails or lies is named to the warning listener and left out.
 *
 * @throws EmrError the custodians' common reason, such as `TICKET_ENDED`, or `PARTIALS_INSUFFICIENT`;
 *   what `authentic` rejects with.
 */
export async function collectPartials(
  context: ClientContext,
  request: PartialsRequest,
  signal: AbortSignal,
): Promise<readonly PartialsOfCustodian[]> {
  const forged = new AbortController();
  request.authentic.catch((error: unknown) => {
    forged.abort(error);
  });
  const { custodians, threshold } = request.among;
  const question = {
    custodians,
    threshold,
    ask: (mspId: MspId, asking: AbortSignal) => ask(context, request, mspId, asking),
    invalid: (mspId: MspId, cause: Error) => new EmrError('PARTIAL_INVALID', { mspId }, { cause }),
    insufficient: (have: number, need: number, cause: Error) =>
      new EmrError('PARTIALS_INSUFFICIENT', { have, need }, { cause }),
  };
  return firstAnswers(context, question, AbortSignal.any([signal, forged.signal]));
}
