/**
 * Where the symmetric primitives come from: Node, WebCrypto or pure JavaScript.
 *
 * All providers compute the same functions, byte for byte; they differ in speed and in where they
 * run. Callers pick one only in tests and benchmarks, everyone else gets {@link defaultProvider}.
 *
 * @module
 */

/** AES-256-GCM under one key (NIST SP 800-38D; 12-byte nonces, 16-byte tags). */
export interface Aead {
  /**
   * Encrypts to ciphertext ‖ tag in a buffer of its own.
   *
   * `plaintext` is read before the call returns (not before its promise settles), so the caller may
   * reuse that buffer at once.
   */
  seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>;

  /**
   * Checks and decrypts ciphertext ‖ tag; resolves to `null` when the tag does not match.
   *
   * `sealed` is read before the call returns, as in {@link Aead.seal}.
   */
  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | null>;
}

/** A running SHA-256. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** Ends the computation: 32 bytes. Call it once. */
  digest(): Uint8Array;
}

/** Cost parameters of scrypt (RFC 7914 §2); memory is about 128 · N · r bytes. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** One source of the symmetric primitives. */
export interface CryptoProvider {
  readonly name: 'node' | 'webcrypto' | 'noble';
  /** Prepares AES-256-GCM for a 32-byte key. The key bytes may be wiped once the promise settles. */
  aes256Gcm(key: Uint8Array): Promise<Aead>;
  createSha256(): Sha256;
  /** Derives 32 bytes without blocking the event loop for long. */
  scrypt(password: Uint8Array, salt: Uint8Array, cost: ScryptCost): Promise<Uint8Array>;
}

/** Bytes that AES-GCM adds to a message. */
export const TAG_BYTES = 16;

/** Ceiling for scrypt implementations that want one: what `cost` needs, and a little. */
export function scryptMemoryBytes({ N, r, p }: ScryptCost): number {
  return 128 * r * (N + p) + (1 << 20);
}
