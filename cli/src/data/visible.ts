/**
 * What a user can name: the records and grants that the ledger shows to it, and their short IDs.
 *
 * @module
 */
import type { EmrClient } from '@emr-share/gateway-client';
import {
  EmrError,
  type Grant,
  type GrantId,
  type RecordId,
  type TransactionRecord,
  type UserId,
} from '@emr-share/model';
import { completeId, isWholeId } from '../input/id-prefix.js';

/** The grants that the user gave, then those it has. */
export async function* visibleGrants(
  client: EmrClient,
  signal: AbortSignal,
): AsyncGenerator<Grant, void, void> {
  yield* client.grants.list({ as: 'patient', signal });
  yield* client.grants.list({ as: 'grantee', signal });
}

async function patientsInSight(client: EmrClient, signal: AbortSignal): Promise<Set<UserId>> {
  const patients = new Set([client.userId]);
  for await (const { body } of client.grants.list({ as: 'grantee', signal })) {
    patients.add(body.patient);
  }
  return patients;
}

/** The records of one patient; of all patients in sight where none is named. */
export async function* visibleRecords(
  client: EmrClient,
  patient: UserId | undefined,
  signal: AbortSignal,
): AsyncGenerator<TransactionRecord, void, void> {
  const patients = patient === undefined ? await patientsInSight(client, signal) : [patient];
  for (const each of patients) yield* client.records.list({ patient: each, signal });
}

async function* idsOf<T>(
  items: AsyncIterable<T>,
  idOf: (item: T) => string,
): AsyncGenerator<string> {
  for await (const item of items) yield idOf(item);
}

/** The record whose ID starts with `prefix`. Throws `RECORD_NOT_FOUND`, `ID_AMBIGUOUS`. */
export async function recordIdOf(
  client: EmrClient,
  prefix: string,
  signal: AbortSignal,
): Promise<RecordId> {
  if (isWholeId(prefix)) return prefix;
  const records = visibleRecords(client, undefined, signal);
  const recordId = await completeId(
    prefix,
    idsOf(records, (record) => record.recordId),
  );
  if (recordId !== null) return recordId;
  const message = `no record that you may see starts with ${prefix}; one whose grant has ended goes by its whole ID`;
  throw new EmrError('RECORD_NOT_FOUND', { recordId: prefix }, { message });
}

/** The grant whose ID starts with `prefix`. Throws `GRANT_NOT_FOUND`, `ID_AMBIGUOUS`. */
export async function grantIdOf(
  client: EmrClient,
  prefix: string,
  signal: AbortSignal,
): Promise<GrantId> {
  if (isWholeId(prefix)) return prefix;
  const grants = visibleGrants(client, signal);
  const grantId = await completeId(
    prefix,
    idsOf(grants, (grant) => grant.body.grantId),
  );
  if (grantId === null) throw new EmrError('GRANT_NOT_FOUND', { grantId: prefix });
  return grantId;
}
