/**
 * The one check of ECDSA signature bytes.
 *
 * @module
 */
import { assertLength } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { GROUP_ORDER, integerFromBytes } from '../group/scalar.js';

/** r and s, 32 bytes each. */
export const SIGNATURE_SIZE_BYTES = 64;

/**
 * Checks that r is in 1..n-1 and s in 1..(n-1)/2.
 *
 * High s would give every signature a second valid form, and fragments are identified on the ledger
 * by the hash of their bytes.
 *
 * @returns A copy of the 64 bytes.
 * @throws {@link CryptoError} `LENGTH_INVALID`, `SIGNATURE_INVALID`.
 */
export function checkedSignatureBytes(data: Uint8Array): Uint8Array {
  assertLength(data, SIGNATURE_SIZE_BYTES, 'signature');
  const r = integerFromBytes(data.subarray(0, 32));
  const s = integerFromBytes(data.subarray(32));
  if (r === 0n || r >= GROUP_ORDER || s === 0n) {
    throw new CryptoError('SIGNATURE_INVALID', 'signature: r or s out of range');
  }
  if (s > GROUP_ORDER / 2n) {
    throw new CryptoError('SIGNATURE_INVALID', 'signature: s is not in the lower half');
  }
  return Uint8Array.from(data);
}
