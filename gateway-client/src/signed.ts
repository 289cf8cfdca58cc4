/**
 * Checking what users signed: every fact that a client acts upon is one, whoever passed it on.
 *
 * @module
 */
import { Signature, type PublicKey } from '@emr-share/crypto';
import { EmrError, signedBytes, type CanonicalValue, type SignatureTag } from '@emr-share/model';
import { hexToBytes } from './bytes.js';
import { decoding } from './crypto-failure.js';

/** Something with its signer's r ‖ s, as hex. */
export interface Signed {
  readonly body: CanonicalValue;
  readonly signature: string;
}

/**
 * Checks a signature over `body` under `tag`.
 *
 * @param what - Names the signed thing in the error.
 * @throws EmrError `SIGNATURE_INVALID`.
 */
export function assertSigned(
  tag: SignatureTag,
  signed: Signed,
  verifyingKey: PublicKey,
  what: string,
): void {
  const signature = decoding(`the signature of the ${what}`, () =>
    Signature.fromBEBytes(hexToBytes(signed.signature)),
  );
  if (!signature.verify(verifyingKey, signedBytes(tag, signed.body))) {
    throw new EmrError('SIGNATURE_INVALID', { what });
  }
}

/** Whether {@link assertSigned} takes a signature. */
export function isSigned(tag: SignatureTag, signed: Signed, verifyingKey: PublicKey): boolean {
  try {
    assertSigned(tag, signed, verifyingKey, tag);
    return true;
  } catch (error) {
    if (EmrError.is(error, 'SIGNATURE_INVALID')) return false;
    throw error;
  }
}
