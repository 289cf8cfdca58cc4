/**
 * Checks on what users sign and on the keys and capsules they send.
 *
 * @module
 */
import { Capsule, CryptoError, PublicKey, Signature } from '@emr-share/crypto';
import { EmrError, signedBytes, type CanonicalValue, type SignatureTag } from '@emr-share/model';

export interface Signed {
  readonly body: CanonicalValue;
  /** r ‖ s as hex. */
  readonly signature: string;
}

/**
 * Checks a signature over `signedBytes(tag, body)`. Cost: one ECDSA verification.
 *
 * @param verifyingKeyHex - The registered verifying key of the user who must have signed.
 * @throws EmrError `SIGNATURE_INVALID`.
 */
export function assertSigned(
  tag: SignatureTag,
  { body, signature }: Signed,
  verifyingKeyHex: string,
): void {
  if (!isSignedBy(tag, { body, signature }, verifyingKeyHex)) {
    throw new EmrError('SIGNATURE_INVALID', { what: tag });
  }
}

/** Whether a key has signed `signedBytes(tag, body)`. */
export function isSignedBy(
  tag: SignatureTag,
  { body, signature: signatureHex }: Signed,
  verifyingKeyHex: string,
): boolean {
  try {
    const signature = Signature.fromBEBytes(bytesOf(signatureHex));
    return signature.verify(publicKeyOf(verifyingKeyHex), signedBytes(tag, body));
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
}

/** @throws EmrError `INPUT_INVALID` where the bytes are no point of the curve. */
export function assertPublicKey(hex: string, what: string): void {
  asInput(what, () => publicKeyOf(hex));
}

/** @throws EmrError `INPUT_INVALID` where the capsule does not decode or verify. */
export function assertCapsule(hex: string, what: string): void {
  asInput(what, () => capsuleOf(hex));
}

/** Runs `decode`; what it refuses is `INPUT_INVALID`. */
export function asInput(what: string, decode: () => unknown): void {
  try {
    decode();
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new EmrError('INPUT_INVALID', { what, problem: cause.message }, { cause });
  }
}

/** @throws CryptoError */
export function publicKeyOf(hex: string): PublicKey {
  return PublicKey.fromCompressedBytes(bytesOf(hex));
}

/** @throws CryptoError */
export function capsuleOf(hex: string): Capsule {
  return Capsule.fromBytesSimple(bytesOf(hex));
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
