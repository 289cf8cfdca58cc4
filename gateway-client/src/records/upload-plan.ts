/**
 * What an upload is about, settled before anything is encrypted or stored.
 *
 * @module
 */
import { createSha256 } from '@emr-share/crypto';
import {
  canonicalBytes,
  Category,
  ContentType,
  EmrError,
  isLevelAllowed,
  RecordId,
  SecurityLevel,
  securityLevelOf,
  UserId,
  validate,
} from '@emr-share/model';
import { consumeStream } from '../byte-stream.js';
import { bytesToHex, concatBytes, hexToBytes } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import type { Keyring } from '../keyring.js';
import type { CallOptions } from '../ports/ledger.js';
import type { ProgressListener } from '../progress.js';
import type { OpenableSource } from './source.js';

export interface UploadOptions extends CallOptions {
  /** Whose record it is. */
  readonly patient: UserId;
  readonly category: Category;
  /** MIME type without parameters, such as `application/fhir+json`. */
  readonly contentType: string;
  /** Default: the category's own level; `sealed` is the only other choice. */
  readonly securityLevel?: SecurityLevel | undefined;
  /**
   * 32 hex digits. Default: derived from the content where the source can be read twice, so that
   * uploading the same thing again files nothing; random for a stream, so give one to retry a stream.
   */
  readonly recordId?: RecordId | undefined;
  /** Size of the plaintext, to check and to show progress; default what the source says. */
  readonly sizeBytes?: number | undefined;
  /**
   * Whether what a FHIR record says of allergies, medication, problems, implants, blood group and
   * directives is filed beside it, as an update of the patient's emergency summary. Default true; never
   * of a sealed record, nor of one whose category the patient has closed. Takes contents of up to
   * 16 MiB, which are held in memory for it.
   */
  readonly summary?: boolean | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** A checked upload request. */
export interface UploadPlan {
  readonly recordId: RecordId;
  readonly patient: UserId;
  readonly category: Category;
  readonly contentType: string;
  readonly securityLevel: SecurityLevel;
  readonly source: OpenableSource;
  readonly sizeBytes: number | undefined;
  /** Of the plaintext, as hex, where the source was read for it already. */
  readonly plaintextSha256: string | null;
  readonly onProgress: ProgressListener | undefined;
}

type Terms = Pick<UploadPlan, 'patient' | 'category' | 'contentType' | 'securityLevel'>;

function termsOf(options: UploadOptions): Terms {
  const category = validate(Category, options.category, 'the category');
  const level = options.securityLevel ?? securityLevelOf(category);
  const securityLevel = validate(SecurityLevel, level, 'the security level');
  if (!isLevelAllowed(category, securityLevel)) {
    const problem = `records of ${category} are ${securityLevelOf(category)} or sealed`;
    throw new EmrError('INPUT_INVALID', { what: 'the security level', problem });
  }
  return {
    patient: validate(UserId, options.patient, 'the patient'),
    category,
    contentType: validate(ContentType, options.contentType, 'the content type'),
    securityLevel,
  };
}

/**
 * Checks an upload request. Reads the source once where its record ID is derived from it.
 *
 * @throws EmrError `INPUT_INVALID`, `SOURCE_FAILED`.
 */
export async function planUpload(
  context: ClientContext,
  source: OpenableSource,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<UploadPlan> {
  const sizeBytes = options.sizeBytes ?? source.sizeBytes;
  const plan = { ...termsOf(options), source, sizeBytes, onProgress: options.onProgress };
  if (options.recordId !== undefined) {
    const recordId = validate(RecordId, options.recordId, 'the record ID');
    return { ...plan, recordId, plaintextSha256: null };
  }
  if (!source.canReopen) {
    return { ...plan, recordId: bytesToHex(context.rng(16)), plaintextSha256: null };
  }
  const plaintextSha256 = await hashSource(plan, signal);
  const recordId = derivedRecordId(context.keyring, plan, plaintextSha256);
  return { ...plan, recordId, plaintextSha256 };
}

/** Reads the source to its end. @returns SHA-256 of the plaintext as hex. */
export async function hashSource(
  plan: Pick<UploadPlan, 'source' | 'sizeBytes' | 'onProgress'>,
  signal: AbortSignal,
): Promise<string> {
  const hash = createSha256();
  let bytes = 0;
  await consumeStream(plan.source.open(), signal, (piece) => {
    hash.update(piece);
    bytes += piece.length;
    plan.onProgress?.({ phase: 'hash', bytes, totalBytes: plan.sizeBytes });
  });
  return hash.digestHex();
}

/** The same upload by the same author always gets the same ID; nobody else can tell from what. */
function derivedRecordId(
  keyring: Keyring,
  { patient, category, contentType }: Terms,
  plaintextSha256: string,
): RecordId {
  const message = canonicalBytes({ patient, category, contentType, plaintextSha256 });
  return bytesToHex(keyring.uploadMac(message).subarray(0, 16));
}

/** Recognizes the same content under the same record ID (docs/protocol.md §5.5). */
export function uploadTag(keyring: Keyring, recordId: RecordId, plaintextSha256: string): string {
  const message = concatBytes(hexToBytes(recordId), hexToBytes(plaintextSha256));
  return bytesToHex(keyring.uploadMac(message));
}
