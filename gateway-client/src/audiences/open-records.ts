/**
 * From a ticket to the keys of records: the custodians' partials, checked and put together.
 *
 * @module
 */
import { decryptWithCustodians } from '@emr-share/crypto';
import {
  EmrError,
  type Audience,
  type AudienceTicket,
  type TransactionRecord,
} from '@emr-share/model';
import { RecordKey } from '../access/record-key.js';
import type { ClientContext } from '../client-context.js';
import { openingDek } from '../crypto-failure.js';
import { openWrap } from '../key-wrap.js';
import { assertAuthentic } from '../records/verified-record.js';
import { collectPartials, type Lock } from './partials.js';
import { assertPatientSigned, commitmentsTo } from './verified-audience.js';

/** An open ticket with the grant that it is of. */
export interface Admission {
  readonly ticket: AudienceTicket;
  /** As one peer gave it: it is checked while the custodians are asked. */
  readonly audience: Audience;
}

/**
 * Opens the keys of records with one question to every custodian. The signatures of author and
 * patient are checked while it is under way, and before anything is made of the answers.
 *
 * @param records - At most as many as one call may name.
 * @throws EmrError `AUDIENCE_SCOPE_MISSING`, `TICKET_MISMATCH`, `PARTIALS_INSUFFICIENT`,
 *   `SIGNATURE_INVALID`, `DEK_UNREADABLE`, or the custodians' common reason.
 */
export async function openRecords(
  context: ClientContext,
  admission: Admission,
  records: readonly TransactionRecord[],
  signal: AbortSignal,
): Promise<readonly RecordKey[]> {
  const { ticket, audience } = admission;
  const { ticketId } = ticket;
  const locks = records.map((record) => lockOf(admission, record));
  const authentic = Promise.all([
    assertPatientSigned(context, audience, signal),
    ...records.map((record) => assertAuthentic(context, record, signal)),
  ]);
  const answers = await collectPartials(
    context,
    { ticketId, audience: audience.body, locks, authentic },
    signal,
  );
  return locks.map(({ record, capsule, commitments, encryptedDek }, i) => {
    const partials = answers.flatMap((partialsOfOne) => partialsOfOne[i] ?? []);
    const dek = openingDek(record.recordId, () =>
      decryptWithCustodians(commitments, capsule, partials, encryptedDek),
    );
    return new RecordKey(record, dek);
  });
}

interface RecordLock extends Lock {
  readonly record: TransactionRecord;
  readonly encryptedDek: Uint8Array;
}

function lockOf({ ticket, audience }: Admission, record: TransactionRecord): RecordLock {
  const { recordId, metadata, patient } = record;
  const { audienceId } = audience.body;
  if (patient !== ticket.patient || audience.body.patient !== ticket.patient) {
    throw new EmrError('TICKET_MISMATCH', { ticketId: ticket.ticketId });
  }
  const commitments = commitmentsTo(audience, metadata.keyWrap.scopeId);
  if (commitments === null) throw new EmrError('AUDIENCE_SCOPE_MISSING', { audienceId, recordId });
  return { record, recordId, commitments, ...openWrap(metadata.keyWrap) };
}
