/**
 * Data encapsulation: the symmetric half of {@link encrypt}. Meant for a 32-byte DEK, not for bulk.
 *
 * @module
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { assertBytes, concatBytes } from '../bytes.js';
import { CryptoError } from '../crypto-error.js';
import { drawBytes } from '../group/scalar.js';
import type { Rng } from '../rng.js';

const KEY_SIZE_BYTES = 32;
const NONCE_SIZE_BYTES = 24;
const TAG_SIZE_BYTES = 16;

/** What encryption adds to the length of a plaintext: nonce and tag. */
export const DEM_OVERHEAD_BYTES = NONCE_SIZE_BYTES + TAG_SIZE_BYTES;

const keyOf = (keySeed: Uint8Array): Uint8Array =>
  hkdf(sha256, keySeed, undefined, undefined, KEY_SIZE_BYTES);

/**
 * Encrypts with XChaCha20-Poly1305 under HKDF-SHA256 of the key seed.
 *
 * @param aad - Bound to the ciphertext, not stored: the capsule's 98 bytes.
 * @returns Nonce (24), ciphertext, tag (16).
 */
export function sealWithSeed(
  keySeed: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
  rng: Rng,
): Uint8Array {
  assertBytes(plaintext, 'plaintext');
  const nonce = drawBytes(rng, NONCE_SIZE_BYTES);
  return concatBytes(nonce, xchacha20poly1305(keyOf(keySeed), nonce, aad).encrypt(plaintext));
}

/** @throws {@link CryptoError} `CIPHERTEXT_TOO_SHORT`, `DECRYPTION_FAILED`. */
export function openWithSeed(
  keySeed: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  assertBytes(ciphertext, 'ciphertext');
  if (ciphertext.length < DEM_OVERHEAD_BYTES) {
    throw new CryptoError(
      'CIPHERTEXT_TOO_SHORT',
      `ciphertext: expected at least ${DEM_OVERHEAD_BYTES} bytes, got ${ciphertext.length}`,
    );
  }
  const nonce = Uint8Array.from(ciphertext.subarray(0, NONCE_SIZE_BYTES));
  const body = ciphertext.subarray(NONCE_SIZE_BYTES);
  try {
    return xchacha20poly1305(keyOf(keySeed), nonce, aad).decrypt(body);
  } catch {
    throw new CryptoError(
      'DECRYPTION_FAILED',
      'ciphertext: altered, of another capsule, or for another key',
    );
  }
}
