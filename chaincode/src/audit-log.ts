/**
 * The trail: one entry for every consortium transaction that changed something.
 *
 * @module
 */
import { canonicalBytes, type AuditEntry } from '@emr-share/model';
import type { Invocation } from './invocation.js';
import { logKey } from './ledger-keys.js';

type Subject = Omit<AuditEntry, 'at' | 'transactionId' | 'actor' | 'mspId'>;

/**
 * Emits the transaction's event and, where it concerns a patient, writes the patient's log.
 * The log's key holds the transaction ID, so that two writers never meet.
 */
export async function writeAudit(invocation: Invocation, subject: Subject): Promise<void> {
  const { now, transactionId, caller, state, emit } = invocation;
  const entry: AuditEntry = {
    ...subject,
    at: now,
    transactionId,
    actor: caller.userId,
    mspId: caller.mspId,
  };
  emit(entry.type, canonicalBytes(entry));
  if (entry.patient !== undefined) {
    await state.put(logKey(entry.patient, now, transactionId), entry);
  }
}
