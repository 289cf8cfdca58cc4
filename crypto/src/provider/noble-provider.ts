/**
 * Pure JavaScript: works everywhere, some fifty times slower than the others at AES.
 *
 * @module
 */
import { gcm } from '@noble/ciphers/aes.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Aead, CryptoProvider } from './crypto-provider.js';
import { scryptMemoryBytes, TAG_BYTES } from './crypto-provider.js';

/** Returns the provider over noble. Its AES uses look-up tables: it resists no cache-timing attack. */
export function nobleProvider(): CryptoProvider {
  return {
    name: 'noble',
    aes256Gcm: (key) => Promise.resolve(aes256Gcm(key.slice())),
    createSha256: () => {
      const hash = sha256.create();
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
    },
    scrypt: (password, salt, cost) =>
      scryptAsync(password, salt, { ...cost, dkLen: 32, maxmem: scryptMemoryBytes(cost) }),
  };
}

function aes256Gcm(key: Uint8Array): Aead {
  return {
    seal: (nonce, aad, plaintext) => settled(() => gcm(key, nonce, aad).encrypt(plaintext)),
    open: (nonce, aad, sealed) =>
      settled(() => {
        if (sealed.length < TAG_BYTES) return null;
        try {
          return gcm(key, nonce, aad).decrypt(sealed);
        } catch {
          return null;
        }
      }),
  };
}

function settled<T>(compute: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(compute());
  });
}
