/**
 * Filing a record on the ledger, and recognizing one that is filed.
 *
 * @module
 */
import { EmrError, type RecordBody, type TransactionRecord } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { submitSettled, type Settled } from '../settle.js';
import { hashSource, uploadTag, type UploadPlan } from './upload-plan.js';

/** What the author says of a record; the time, the policy and the signature come with filing. */
export type Filing = Pick<RecordBody, 'recordId' | 'patient' | 'info' | 'metadata'>;

/** A plan, and its upload tag where that is known. */
type Recognizable = UploadPlan & { readonly uploadTag?: string | undefined };

/** Errors after which a transaction may still be committed, so its content must stay. */
const UNDECIDED = new Set([
  'COMMIT_UNKNOWN',
  'LEDGER_UNAVAILABLE',
  'BLOB_UNAVAILABLE',
  'STORE_UNAVAILABLE',
  'INTERNAL',
]);

/** Whether the ledger has refused for good. */
export function isRefusal(error: unknown): boolean {
  return EmrError.is(error) && !UNDECIDED.has(error.code);
}

/**
 * The caller's own record under the plan's ID, if there is one. Reads a source that was not hashed yet.
 *
 * @throws EmrError `UPLOAD_CONFLICT` where the ID is taken by other content, terms or author.
 */
export async function findFiled(
  context: ClientContext,
  plan: Recognizable,
  signal: AbortSignal,
): Promise<TransactionRecord | null> {
  const { recordId } = plan;
  const record = await lookUp(context, recordId, signal);
  if (record === null) return null;
  const isSame =
    record.author === context.userId &&
    record.patient === plan.patient &&
    record.info.category === plan.category &&
    record.info.contentType === plan.contentType &&
    record.info.securityLevel === plan.securityLevel &&
    record.metadata.uploadTag === (await tagOf(context, plan, signal));
  if (!isSame) throw new EmrError('UPLOAD_CONFLICT', { recordId });
  return record;
}

async function lookUp(
  { ledger }: ClientContext,
  recordId: string,
  signal: AbortSignal,
): Promise<TransactionRecord | null> {
  try {
    return await ledger.evaluate('records:GetRecord', { recordId }, { signal });
  } catch (error) {
    if (EmrError.is(error, 'RECORD_NOT_FOUND')) return null;
    // Another author's: a record of the caller's own is never denied to the caller.
    if (EmrError.is(error, 'ACCESS_DENIED')) {
      throw new EmrError('UPLOAD_CONFLICT', { recordId }, { cause: error });
    }
    throw error;
  }
}

async function tagOf(
  { keyring }: ClientContext,
  plan: Recognizable,
  signal: AbortSignal,
): Promise<string> {
  if (plan.uploadTag !== undefined) return plan.uploadTag;
  const sha256Hex = plan.plaintextSha256 ?? (await hashSource(plan, signal));
  return uploadTag(keyring, plan.recordId, sha256Hex);
}

/**
 * Signs and files a record under the patient's current policy. A policy published in between costs
 * one more signature, no encryption: the ciphertext is not bound to it.
 */
export async function fileRecord(
  context: ClientContext,
  filing: Filing,
  signal: AbortSignal,
): Promise<Settled<TransactionRecord>> {
  try {
    return await fileOnce(context, filing, signal);
  } catch (error) {
    if (!EmrError.is(error, 'POLICY_STALE')) throw error;
    return fileOnce(context, filing, signal);
  }
}

async function fileOnce(
  { ledger, directory, keyring, clock, userId: author }: ClientContext,
  filing: Filing,
  signal: AbortSignal,
): Promise<Settled<TransactionRecord>> {
  const { patient, recordId } = filing;
  const { version } = await directory.policy(patient, signal);
  const timestamp = clock.now();
  const body: RecordBody = { ...filing, author, timestamp, policy: { patient, version } };
  const signature = keyring.sign('record', body);
  return submitSettled(
    ledger,
    'records:FileRecord',
    { ...body, signature },
    {
      signal,
      recall: () => ledger.evaluate('records:GetRecord', { recordId }, { signal }),
      missing: 'RECORD_NOT_FOUND',
      isOurs: (record) => record.signature === signature,
    },
  );
}
