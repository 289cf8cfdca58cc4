/**
 * Sources of randomness.
 *
 * @module
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { assertBytes, concatBytes, u32be, utf8ToBytes } from './bytes.js';

/** Returns `length` fresh bytes. Every call must give new bytes. */
export type Rng = (length: number) => Uint8Array;

/** The platform's cryptographic generator. */
export const systemRng: Rng = (length) => globalThis.crypto.getRandomValues(new Uint8Array(length));

const DERIVED_RNG_SALT = utf8ToBytes('emr-share/derived-rng/v1');

/**
 * A deterministic stream: HMAC-SHA256 in counter mode under a key derived from `secret` and
 * `context`, in the spirit of the deterministic nonces of RFC 6979.
 *
 * (Proxy side.) For endorsers that must compute the same answer twice, or have no randomness. It is
 * safe only when `secret` has at least 128 bits of entropy and never leaves its holder, and when
 * `context` covers **every** input of the operation that consumes the stream: the whole capsule, the
 * whole kfrag, the ticket. The same nonce under two different challenges gives the kfrag's key away.
 * Never use it for keys or for `encrypt`.
 *
 * @param secret - At least 16 bytes.
 * @param context - Canonical bytes of all inputs; any length.
 * @see RFC 5869 (HKDF); RFC 6979 §3.2 for the idea.
 */
export function derivedRng(secret: Uint8Array, context: Uint8Array): Rng {
  assertBytes(secret, 'secret');
  assertBytes(context, 'context');
  if (secret.length < 16) throw new RangeError('"secret" expected at least 16 bytes');
  const key = hkdf(sha256, secret, DERIVED_RNG_SALT, sha256(context), 32);
  let counter = 0;
  let pool: Uint8Array = new Uint8Array(0);
  return (length) => {
    while (pool.length < length) {
      pool = concatBytes(pool, hmac(sha256, key, u32be(counter)));
      counter += 1;
    }
    const drawn = pool.slice(0, length);
    pool = pool.slice(length);
    return drawn;
  };
}
