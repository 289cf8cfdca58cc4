/**
 * The one place where an error of the crypto package becomes an error of the product.
 *
 * @module
 */
import { CryptoError, type CryptoErrorCode } from '@emr-share/crypto';
import { EmrError, type RecordId } from '@emr-share/model';

/** What is wrong with a ciphertext, for each check of the content envelope that can fail. */
const TAMPERED: Partial<Record<CryptoErrorCode, string>> = {
  CONTENT_HEADER_INVALID: 'its header is not an envelope header',
  CONTENT_SUITE_UNKNOWN: 'its header names a cipher suite that this version does not know',
  CONTENT_KEY_MISMATCH: 'it was not encrypted with the key of this record',
  CONTENT_CHUNK_INVALID: 'a chunk of it does not authenticate',
  CONTENT_TRUNCATED: 'its end is missing',
  CONTENT_TRAILING_DATA: 'something follows its end',
  CONTENT_TOO_LARGE: 'it is larger than an envelope can be',
};

/** A failed check of the content envelope as `CIPHERTEXT_TAMPERED`; anything else as it is. */
export function tampered(recordId: RecordId, error: unknown): unknown {
  const problem = CryptoError.is(error) ? TAMPERED[error.code] : undefined;
  return problem === undefined
    ? error
    : new EmrError('CIPHERTEXT_TAMPERED', { recordId, problem }, { cause: error });
}

/** Runs `open`; a key wrap that does not open is `DEK_UNREADABLE`. */
export function openingDek<T>(recordId: RecordId, open: () => T): T {
  return mapping(open, (cause) => new EmrError('DEK_UNREADABLE', { recordId }, { cause }));
}

/** Runs `decode`; bytes that are no key, capsule or signature are `INPUT_INVALID`. */
export function decoding<T>(what: string, decode: () => T): T {
  return mapping(
    decode,
    (cause) => new EmrError('INPUT_INVALID', { what, problem: cause.message }, { cause }),
  );
}

function mapping<T>(run: () => T, toError: (cause: CryptoError) => EmrError): T {
  try {
    return run();
  } catch (error) {
    throw CryptoError.is(error) ? toError(error) : error;
  }
}
