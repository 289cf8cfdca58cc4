/**
 * The one error class of this package: untrusted input that fails a check, with a stable code.
 *
 * @module
 */

/** What was wrong with the input. Stable across releases: programs may branch on it. */
export type CryptoErrorCode =
  | 'POINT_INVALID'
  | 'SCALAR_INVALID'
  | 'LENGTH_INVALID'
  | 'ENCODING_INVALID'
  | 'CAPSULE_INVALID'
  | 'KFRAG_INVALID'
  | 'CFRAG_INVALID'
  | 'CFRAGS_EMPTY'
  | 'CFRAGS_MISMATCHED'
  | 'CFRAGS_REPEATED'
  | 'CFRAGS_INSUFFICIENT'
  | 'SIGNATURE_INVALID'
  | 'THRESHOLD_INVALID'
  | 'COMMITMENTS_INVALID'
  | 'SHARE_INVALID'
  | 'SHARES_INSUFFICIENT'
  | 'SHARES_REPEATED'
  | 'PARTIAL_INVALID'
  | 'DEALING_INVALID'
  | 'CIPHERTEXT_TOO_SHORT'
  | 'DECRYPTION_FAILED'
  | 'SEALED_BOX_INVALID'
  | 'CONTENT_HEADER_INVALID'
  | 'CONTENT_SUITE_UNKNOWN'
  | 'CONTENT_KEY_MISMATCH'
  | 'CONTENT_CHUNK_INVALID'
  | 'CONTENT_TRUNCATED'
  | 'CONTENT_TRAILING_DATA'
  | 'CONTENT_TOO_LARGE'
  | 'PASSPHRASE_WRONG'
  | 'PASSPHRASE_BOX_INVALID';

/**
 * Untrusted bytes failed a cryptographic or structural check.
 *
 * The message says what was wrong and never contains keys, plaintext or the rejected bytes.
 * Mistakes of the calling program (a wrong JavaScript type, a negative count) are `TypeError` or
 * `RangeError` instead.
 */
export class CryptoError extends Error {
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CryptoError';
    this.code = code;
  }

  /** Narrows `error` to a CryptoError, and to one `code` when it is given. */
  static is<C extends CryptoErrorCode = CryptoErrorCode>(
    error: unknown,
    code?: C,
  ): error is CryptoError & { readonly code: C } {
    return error instanceof CryptoError && (code === undefined || error.code === code);
  }
}
