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
import { sharedAmong, sharingOf } from './sharing.js';
import { assertPatientSigned } from './verified-audience.js';

/** An open ticket with the grant that it is of. */
export interface Admission {
  readonly ticket: AudienceTicket;
  /** As one peer gave it: it is checked while the custodians are asked. */
  readonly audience: Audience;
}

/**
 * Opens the keys of records with one question to every custodian; with one for each sharing, where some
 * scopes have been handed on to the custodians of a roster and others not. The signatures of author and
 * patient are checked while it is under way, and before anything is made of the answers.
 *
 * @param records - At most as many as one call may name.
 * @throws EmrError `AUDIENCE_SCOPE_MISSING`, `TICKET_MISMATCH`, `PARTIALS_INSUFFICIENT`,
 *   `SIGNATURE_INVALID`, `DEK_UNREADABLE`, or the custodians' common reason, such as `SHARING_REPLACED`.
 */
export async function openRecords(
  context: ClientContext,
  admission: Admission,
  records: readonly TransactionRecord[],
  signal: AbortSignal,
): Promise<readonly RecordKey[]> {
  const { audience } = admission;
  const locks = records.map((record) => lockOf(admission, record));
  const authentic = Promise.all([
    assertPatientSigned(context, audience, signal),
    ...records.map((record) => assertAuthentic(context, record, signal)),
  ]);
  const rosters = new Set(locks.map(({ roster }) => roster));
  const opened = await Promise.all(
    Array.from(rosters, async (roster) => {
      const same = locks.filter((lock) => lock.roster === roster);
      return openLocks(context, admission, { roster, locks: same, authentic }, signal);
    }),
  );
  const keys = new Map(opened.flat().map((key) => [key.record.recordId, key]));
  return records.flatMap(({ recordId }) => keys.get(recordId) ?? []);
}

interface RecordLock extends Lock {
  readonly record: TransactionRecord;
  readonly encryptedDek: Uint8Array;
  readonly roster: number | undefined;
}

/** Locks of one sharing. */
interface Locks {
  readonly roster: number | undefined;
  readonly locks: readonly RecordLock[];
  readonly authentic: Promise<unknown>;
}

async function openLocks(
  context: ClientContext,
  { ticket: { ticketId }, audience }: Admission,
  { roster, locks, authentic }: Locks,
  signal: AbortSignal,
): Promise<readonly RecordKey[]> {
  const among = sharedAmong(audience, roster);
  const request = { ticketId, among, roster, locks, authentic };
  const answers = await collectPartials(context, request, signal);
  return locks.map(({ record, capsule, commitments, encryptedDek }, i) => {
    const partials = answers.flatMap((partialsOfOne) => partialsOfOne[i] ?? []);
    const dek = openingDek(record.recordId, () =>
      decryptWithCustodians(commitments, capsule, partials, encryptedDek),
    );
    return new RecordKey(record, dek);
  });
}

function lockOf({ ticket, audience }: Admission, record: TransactionRecord): RecordLock {
  const { recordId, metadata, patient } = record;
  const { audienceId } = audience.body;
  if (patient !== ticket.patient || audience.body.patient !== ticket.patient) {
    throw new EmrError('TICKET_MISMATCH', { ticketId: ticket.ticketId });
  }
  const sharing = sharingOf(audience, metadata.keyWrap.scopeId);
  if (sharing === null) throw new EmrError('AUDIENCE_SCOPE_MISSING', { audienceId, recordId });
  return { record, recordId, ...sharing, ...openWrap(metadata.keyWrap) };
}
