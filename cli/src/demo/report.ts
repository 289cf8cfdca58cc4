/**
 * The report of a demo run, as `--json FILE` writes it. Every hash in it was computed from bytes that
 * were read, stored or fetched in that run.
 *
 * @module
 */
import type { Category, SecurityLevel } from '@emr-share/model';
import type { FiledRecord } from './story.js';

/** One file's way: from the folder to the store and to the reader. */
export interface RecordReport {
  /** Path below the folder of records. */
  readonly file: string;
  readonly contentType: string;
  readonly category: Category;
  readonly securityLevel: SecurityLevel;
  readonly sizeBytes: number;
  /** Over the file as it was read for the upload. */
  readonly plaintextSha256: string;
  readonly recordId: string;
  readonly cid: string;
  /** Over the bytes that the blob store gives for the CID. */
  readonly ciphertextSha256: string;
  /** Over what the granted physician got; left out where the run ended before. */
  readonly fetchedSha256?: string;
}

/** One step of the story, and how it really ended. */
export interface StepReport {
  readonly name: string;
  readonly actor: string;
  readonly outcome: 'ok' | 'denied';
  /** The error code of a refusal. */
  readonly code?: string;
  readonly ms: number;
}

export interface DemoReport {
  readonly backend: string;
  readonly records: readonly RecordReport[];
  readonly steps: readonly StepReport[];
}

function recordReport(filed: FiledRecord): RecordReport {
  const { file, record, plaintextSha256, ciphertextSha256, fetchedSha256 } = filed;
  const { contentType, category, securityLevel, sizeBytes, cid } = record.info;
  return {
    file: file.name,
    contentType,
    category,
    securityLevel,
    sizeBytes,
    plaintextSha256,
    recordId: record.recordId,
    cid,
    ciphertextSha256,
    ...(fetchedSha256 === undefined ? {} : { fetchedSha256 }),
  };
}

/** The report of what has happened so far. */
export function reportOf(
  backend: string,
  filed: readonly FiledRecord[],
  steps: readonly StepReport[],
): DemoReport {
  return { backend, records: filed.map(recordReport), steps };
}
