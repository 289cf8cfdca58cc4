/**
 * The transaction record: the six fields of Lee et al. 2022 for each EMR that is filed.
 *
 * @module
 */
import * as v from 'valibot';
import { Category, isLevelAllowed, SecurityLevel } from './category.js';
import {
  CapsuleHex,
  Cid,
  EncryptedDekHex,
  RecordId,
  Sha256Hex,
  SignatureHex,
  UnixMillis,
  UserId,
} from './ids.js';
import { PolicyReference } from './policy.js';
import { ScopeId } from './scope.js';

/** MIME type without parameters. */
export const ContentType = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9.+-]{0,63}\/[a-z0-9][a-z0-9.+-]{0,63}$/, 'MIME type'),
);

/** The EMR's summary: what it is and where it lies. No personal data, no file name. */
export const EmrInfo = v.pipe(
  v.strictObject({
    category: Category,
    securityLevel: SecurityLevel,
    contentType: ContentType,
    /** Size of the plaintext. */
    sizeBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    /** Where the ciphertext lies. */
    cid: Cid,
  }),
  v.check(
    (info) => isLevelAllowed(info.category, info.securityLevel),
    "security level: the category's own, or sealed",
  ),
);
export type EmrInfo = v.InferOutput<typeof EmrInfo>;

/** The DEK as the delegating key of one scope opens it. */
export const KeyWrap = v.strictObject({
  scopeId: ScopeId,
  /** `C_i`: the encapsulation that proxies re-encrypt. */
  capsule: CapsuleHex,
  encryptedDek: EncryptedDekHex,
});
export type KeyWrap = v.InferOutput<typeof KeyWrap>;

/** What binds the record to its ciphertext. */
export const RecordMetadata = v.strictObject({
  /** `hash_i`: SHA-256 over the whole encrypted EMR, header included. */
  ciphertextSha256: Sha256Hex,
  sizeBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  keyWrap: KeyWrap,
  /** Recognizes a repeated upload: HMAC under a secret of the author (docs/protocol.md §5.5). */
  uploadTag: Sha256Hex,
});
export type RecordMetadata = v.InferOutput<typeof RecordMetadata>;

/** The five signed fields, with the record's ID. Signed with tag `record` by the author. */
export const RecordBody = v.strictObject({
  recordId: RecordId,
  /** 1. User IDs. */
  patient: UserId,
  author: UserId,
  /** 2. Timestamp: the author's clock; endorsers refuse it outside the allowed skew. */
  timestamp: UnixMillis,
  /** 3. EMR information. */
  info: EmrInfo,
  /** 4. Metadata. */
  metadata: RecordMetadata,
  /** 5. Contract code. */
  policy: PolicyReference,
});
export type RecordBody = v.InferOutput<typeof RecordBody>;

/** A record as filed: the body and the sixth field, the author's signature. */
export const TransactionRecord = v.strictObject({
  ...RecordBody.entries,
  /** 6. Signature. */
  signature: SignatureHex,
});
export type TransactionRecord = v.InferOutput<typeof TransactionRecord>;

/** One more door to a record's DEK, made by the patient. Signed with tag `wrap`. */
export const WrapBody = v.strictObject({ recordId: RecordId, patient: UserId, keyWrap: KeyWrap });
export type WrapBody = v.InferOutput<typeof WrapBody>;

export const SignedWrap = v.strictObject({ body: WrapBody, signature: SignatureHex });
export type SignedWrap = v.InferOutput<typeof SignedWrap>;

/** The five signed fields of a filed record. */
export function recordBodyOf(record: TransactionRecord): RecordBody {
  const { signature: _signature, ...body } = record;
  return body;
}
