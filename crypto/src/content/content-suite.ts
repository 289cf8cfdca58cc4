/**
 * The suites of the content envelope (docs/protocol.md §5.1).
 *
 * @module
 */
import { CryptoError } from '../crypto-error.js';

/** A cipher suite as the envelope's header names it. */
export interface ContentSuite {
  /** Byte 5 of the header. */
  readonly id: number;
  readonly name: string;
  /** Length of the whole header; a suite with more key material has a longer one. */
  readonly headerSizeBytes: number;
}

/** Suite 1, the one that is written today. */
export const AES_256_GCM_STREAM: ContentSuite = {
  id: 1,
  name: 'HKDF-SHA256 + AES-256-GCM STREAM',
  headerSizeBytes: 72,
};

const SUITES: readonly ContentSuite[] = [AES_256_GCM_STREAM];

/** Bytes that hold the header of any suite. */
export const MAX_HEADER_BYTES = Math.max(...SUITES.map((suite) => suite.headerSizeBytes));

/** @throws {@link CryptoError} `CONTENT_SUITE_UNKNOWN`, naming the suite. */
export function contentSuite(id: number): ContentSuite {
  const suite = SUITES.find((candidate) => candidate.id === id);
  if (suite !== undefined) return suite;
  throw new CryptoError(
    'CONTENT_SUITE_UNKNOWN',
    `content suite ${id} is not known here (known: ${SUITES.map((s) => s.id).join(', ')}); a newer version of this software may read it`,
  );
}
