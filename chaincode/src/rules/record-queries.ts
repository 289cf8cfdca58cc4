/**
 * Reading records. A record holds no secret, and every organization's operator can read the state;
 * these rules keep users from browsing, not organizations.
 *
 * @module
 */
import {
  EmrError,
  grantedScope,
  type Caller,
  type Grant,
  type TransactionRecord,
  type UserId,
} from '@emr-share/model';
import { recordOf } from '../facts.js';
import { grantsGivenTo } from '../granted.js';
import type { Invocation, Rule } from '../invocation.js';
import { grantsTo, recordsOf } from '../ledger-keys.js';

export const getRecord: Rule<'records:GetRecord'> = async (invocation, { recordId }) => {
  const record = await recordOf(invocation.state, recordId);
  await assertMaySee(invocation, record);
  return record;
};

export const listRecords: Rule<'records:ListRecords'> = async (invocation, request) => {
  const { state } = invocation;
  const { patient, category } = request;
  const isVisible = await visibilityOf(invocation, patient);
  const { entries, bookmark } = await state.page(recordsOf(patient), request);
  const records = await Promise.all(
    entries.map(({ parts: [, recordId = ''] }) => recordOf(state, recordId)),
  );
  return {
    records: records.filter(
      (record) => isVisible(record) && (category ?? record.info.category) === record.info.category,
    ),
    ...(bookmark === undefined ? {} : { bookmark }),
  };
};

/**
 * The patient, the author, auditors, and whoever has or had a grant from the patient: a reader whose
 * grant has ended still learns from the decision why.
 *
 * @throws EmrError `ACCESS_DENIED`.
 */
export async function assertMaySee(
  { caller, state }: Invocation,
  record: TransactionRecord,
): Promise<void> {
  if (seesAllOf(caller, record.patient) || caller.userId === record.author) return;
  const grants = await state.list(grantsTo(caller.userId, record.patient));
  if (grants.length > 0) return;
  throw new EmrError('ACCESS_DENIED', { recordId: record.recordId });
}

const seesAllOf = (caller: Caller, patient: UserId): boolean =>
  caller.userId === patient || caller.role === 'auditor';

/** All for the patient and auditors, what is granted for a reader, own records for an author. */
async function visibilityOf(
  { caller, state, now }: Invocation,
  patient: UserId,
): Promise<(record: TransactionRecord) => boolean> {
  if (seesAllOf(caller, patient)) return () => true;
  const inForce = ({ status, body: { rule } }: Grant): boolean =>
    status.state === 'active' && rule.notBefore <= now && now < rule.notAfter;
  const grants = (await grantsGivenTo(state, caller.userId, patient)).filter(inForce);
  return (record) =>
    record.author === caller.userId || grants.some((grant) => grantedScope(grant, record) !== null);
}
