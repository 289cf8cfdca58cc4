/**
 * Uploading: encrypt, store, file. Any step may fail or be cut off; repeating the call completes it.
 *
 * @module
 */
import { createSha256, encryptContent, tapSha256, type StreamDigest } from '@emr-share/crypto';
import {
  EmrError,
  scopeGroupOf,
  type KeyWrap,
  type ScopeBody,
  type TransactionRecord,
} from '@emr-share/model';
import { watchStream } from '../byte-stream.js';
import type { ClientContext } from '../client-context.js';
import { publicKeyOf } from '../key-history.js';
import { DEK_BYTES, wrapDek } from '../key-wrap.js';
import { contentContext } from './content-context.js';
import { fileRecord, findFiled, isRefusal, type Filing } from './file-record.js';
import type { Settled } from '../settle.js';
import type { OpenableSource } from './source.js';
import { planUpload, uploadTag, type UploadOptions, type UploadPlan } from './upload-plan.js';

/** A record on the ledger, its ciphertext in the store. */
export interface Filed {
  readonly record: TransactionRecord;
  /** The transaction that filed it; `null` where an earlier upload had. */
  readonly transactionId: string | null;
  /** Whether the same content was filed before; nothing was stored or filed then. */
  readonly alreadyFiled: boolean;
}

interface Stored {
  readonly plaintext: StreamDigest;
  readonly ciphertext: StreamDigest;
  readonly cid: string;
}

/** Uploads one record, and nothing beside it. See `Records.upload`. */
export async function uploadRecord(
  context: ClientContext,
  source: OpenableSource,
  options: UploadOptions,
): Promise<Filed> {
  try {
    return await upload(context, source, options);
  } catch (error) {
    await source.discard();
    throw error;
  }
}

async function upload(
  context: ClientContext,
  source: OpenableSource,
  options: UploadOptions,
): Promise<Filed> {
  const signal = context.signalOf(options);
  const plan = await planUpload(context, source, options, signal);
  const filed = await findFiled(context, plan, signal);
  if (filed !== null) return again(context, filed, signal);
  try {
    return await storeAndFile(context, plan, signal);
  } catch (error) {
    // A new epoch began while it was encrypted: the ciphertext is bound to the one before.
    if (!EmrError.is(error, 'SCOPE_STALE') || !plan.source.canReopen) throw error;
    return storeAndFile(context, plan, signal);
  }
}

/** An earlier run may have ended between filing and pinning. */
async function again(
  context: ClientContext,
  record: TransactionRecord,
  signal: AbortSignal,
): Promise<Filed> {
  await context.blobs.commit(record.info.cid, { signal });
  return { record, transactionId: null, alreadyFiled: true };
}

async function storeAndFile(
  context: ClientContext,
  plan: UploadPlan,
  signal: AbortSignal,
): Promise<Filed> {
  const { patient, category, securityLevel } = plan;
  const group = scopeGroupOf(category, securityLevel);
  await context.directory.keys(patient, signal);
  // The policy is read again when the record is filed; here it spares storing what cannot be.
  const [scope] = await Promise.all([
    context.directory.currentScope(patient, group, signal),
    context.directory.policy(patient, signal),
  ]);
  const dek = context.rng(DEK_BYTES);
  const keyWrap = wrapDek(dek, { ...scope, delegatingPk: delegatingPkOf(scope) }, context.rng);
  const stored = await store(context, plan, { dek, keyWrap }, signal);
  const filing = filingOf(context, plan, stored, keyWrap);
  return settle(context, plan, filing, signal);
}

function delegatingPkOf(scope: ScopeBody): ReturnType<typeof publicKeyOf> {
  return publicKeyOf(scope.delegatingKey, 'the delegating key');
}

async function store(
  { blobs, rng }: ClientContext,
  plan: UploadPlan,
  { dek, keyWrap }: { readonly dek: Uint8Array; readonly keyWrap: KeyWrap },
  signal: AbortSignal,
): Promise<Stored> {
  const plaintext = tapPlaintext(plan);
  const context = contentContext(plan.recordId, keyWrap.scopeId, plan.securityLevel);
  const encrypted = encryptContent(plaintext.stream, { dek, context, signal, rng });
  const ciphertext = tapSha256(encrypted);
  const { cid } = await blobs.put(ciphertext.stream, { signal });
  return { plaintext: plaintext.result(), ciphertext: ciphertext.result(), cid };
}

function tapPlaintext(plan: UploadPlan): {
  readonly stream: AsyncIterable<Uint8Array>;
  readonly result: () => StreamDigest;
} {
  const { source, sizeBytes: totalBytes, plaintextSha256, onProgress } = plan;
  const hash = createSha256();
  let sizeBytes = 0;
  let sha256Hex = '';
  const stream = watchStream(source.open(), {
    onPiece: (piece) => {
      hash.update(piece);
      sizeBytes += piece.length;
      onProgress?.({ phase: 'store', bytes: sizeBytes, totalBytes });
    },
    onEnd: () => {
      sha256Hex = hash.digestHex();
      if (plaintextSha256 !== null && plaintextSha256 !== sha256Hex) {
        throw new EmrError('SOURCE_FAILED', { problem: 'it changed while it was read' });
      }
      if (totalBytes !== undefined && totalBytes !== sizeBytes) {
        const problem = `it has ${sizeBytes} bytes, not ${totalBytes}`;
        throw new EmrError('SOURCE_FAILED', { problem });
      }
    },
  });
  return { stream, result: () => ({ sha256Hex, sizeBytes }) };
}

function filingOf(
  { keyring }: ClientContext,
  plan: UploadPlan,
  { plaintext, ciphertext, cid }: Stored,
  keyWrap: KeyWrap,
): Filing {
  const { recordId, patient, category, securityLevel, contentType } = plan;
  return {
    recordId,
    patient,
    info: { category, securityLevel, contentType, sizeBytes: plaintext.sizeBytes, cid },
    metadata: {
      ciphertextSha256: ciphertext.sha256Hex,
      sizeBytes: ciphertext.sizeBytes,
      keyWrap,
      uploadTag: uploadTag(keyring, recordId, plaintext.sha256Hex),
    },
  };
}

async function settle(
  context: ClientContext,
  plan: UploadPlan,
  filing: Filing,
  signal: AbortSignal,
): Promise<Filed> {
  const { cid } = filing.info;
  let settled: Settled<TransactionRecord>;
  try {
    settled = await fileRecord(context, filing, signal);
  } catch (error) {
    // Only what the ledger has refused may be dropped: anything else could still be committed, and
    // is left staged for the store's own collection.
    if (isRefusal(error)) await context.blobs.discard(cid).catch(() => undefined);
    if (!EmrError.is(error, 'RECORD_EXISTS')) throw error;
    const known = { ...plan, uploadTag: filing.metadata.uploadTag };
    const filed = await findFiled(context, known, signal);
    if (filed === null) throw error;
    return again(context, filed, signal);
  }
  await context.blobs.commit(cid, { signal });
  return { record: settled.response, transactionId: settled.transactionId, alreadyFiled: false };
}
