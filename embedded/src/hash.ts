/**
 * SHA-256 over bytes and canonical values, as hex.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { canonicalBytes, type CanonicalValue } from '@emr-share/model';

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of a value's canonical bytes. */
export function canonicalSha256(value: CanonicalValue): string {
  return sha256Hex(canonicalBytes(value));
}

/** What is signed for `value`: `emr-share/<tag>/v1`, a zero byte, its canonical bytes. */
export function taggedBytes(tag: string, value: CanonicalValue): Uint8Array {
  return Buffer.concat([Buffer.from(`emr-share/${tag}/v1\0`), canonicalBytes(value)]);
}
