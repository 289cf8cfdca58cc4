/**
 * The browser's WebCrypto, with noble for what it lacks: a streaming hash and scrypt.
 *
 * @module
 */
import type { webcrypto } from 'node:crypto';
import type { Aead, CryptoProvider } from './crypto-provider.js';
import { TAG_BYTES } from './crypto-provider.js';
import { nobleProvider } from './noble-provider.js';

/** The part of the platform's `SubtleCrypto` that is used here. */
export type AesSubtle = Pick<webcrypto.SubtleCrypto, 'importKey' | 'encrypt' | 'decrypt'>;

/** Returns the provider over `subtle`, or `null` where there is none (a page not served securely). */
export function webcryptoProvider(): CryptoProvider | null {
  const { crypto } = globalThis as { crypto?: { subtle?: AesSubtle } };
  const subtle = crypto?.subtle;
  if (subtle === undefined) return null;
  return {
    ...nobleProvider(),
    name: 'webcrypto',
    aes256Gcm: (key) => webcryptoAes256Gcm(subtle, key),
  };
}

/** AES-256-GCM by `subtle`, which copies its input before it returns (W3C WebCrypto §14.3). */
export async function webcryptoAes256Gcm(subtle: AesSubtle, keyBytes: Uint8Array): Promise<Aead> {
  const key = await subtle.importKey('raw', keyBytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
  const params = (iv: Uint8Array, additionalData: Uint8Array): webcrypto.AesGcmParams => ({
    name: 'AES-GCM',
    iv,
    additionalData,
    tagLength: TAG_BYTES * 8,
  });
  return {
    async seal(nonce, aad, plaintext) {
      return new Uint8Array(await subtle.encrypt(params(nonce, aad), key, plaintext));
    },
    async open(nonce, aad, sealed) {
      if (sealed.length < TAG_BYTES) return null;
      try {
        return new Uint8Array(await subtle.decrypt(params(nonce, aad), key, sealed));
      } catch (error) {
        // Every other name is a fault of the platform and must not pass for a forged message.
        if ((error as { name?: unknown }).name === 'OperationError') return null;
        throw error;
      }
    },
  };
}
