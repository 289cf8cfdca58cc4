/**
 * How far a transfer has come.
 *
 * @module
 */

export interface Progress {
  /** `hash`: reading the source to recognize it; `store`: encrypting and storing; `read`: decrypting. */
  readonly phase: 'hash' | 'store' | 'read';
  /** Bytes of plaintext so far; starts again with each phase. */
  readonly bytes: number;
  /** Bytes of plaintext in all, where that is known. */
  readonly totalBytes?: number | undefined;
}

export type ProgressListener = (progress: Progress) => void;
