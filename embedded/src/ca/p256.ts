/**
 * ECDSA on P-256 with SHA-256, low-S only: the signatures of X.509 identities and peers.
 * Of the two valid forms (r, s) and (r, n − s) Fabric accepts the one with the lower s.
 *
 * @module
 */
import { generateKeyPair, sign, verify, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { p256 } from '@noble/curves/nist.js';

export const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const P256_SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;

const generate = promisify(generateKeyPair);

/** A fresh P-256 key pair. */
export function generateP256(): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  return generate('ec', { namedCurve: 'prime256v1' });
}

/** Signs `message`; gives r ‖ s, 64 bytes. */
export function signP256(message: Uint8Array, privateKey: KeyObject): Uint8Array {
  const signed = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const { r, s } = p256.Signature.fromBytes(signed, 'compact');
  const low = s > p256.Point.Fn.ORDER / 2n ? p256.Point.Fn.ORDER - s : s;
  return new p256.Signature(r, low).toBytes('compact');
}

/** Checks r ‖ s over `message`. A high-S signature does not verify. */
export function verifyP256(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: KeyObject,
): boolean {
  return (
    isLowS(signature, 'compact') &&
    verify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  );
}

/** Checks an ASN.1 DER signature over `message`. High-S and any other encoding do not verify. */
export function verifyP256Der(der: Uint8Array, message: Uint8Array, publicKey: KeyObject): boolean {
  return (
    isLowS(der, 'der') && verify('sha256', message, { key: publicKey, dsaEncoding: 'der' }, der)
  );
}

function isLowS(bytes: Uint8Array, format: 'compact' | 'der'): boolean {
  try {
    return !p256.Signature.fromBytes(bytes, format).hasHighS();
  } catch {
    return false;
  }
}
