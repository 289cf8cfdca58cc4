/**
 * OpenSSL through `node:crypto`.
 *
 * @module
 */
import type * as NodeCrypto from 'node:crypto';
import { scryptMemoryBytes, TAG_BYTES } from './crypto-provider.js';
import type { Aead, CryptoProvider } from './crypto-provider.js';
import { webcryptoAes256Gcm } from './webcrypto-provider.js';

/**
 * From this size a message goes to WebCrypto, which works on Node's thread pool while the main
 * thread hashes and writes what came before. Below it the hand-over costs more than the cipher.
 */
const THREAD_POOL_FROM_BYTES = 1 << 17;

/** Returns the provider over `node:crypto`, or `null` where there is none (a browser). */
export function nodeProvider(): CryptoProvider | null {
  const node = nodeCrypto();
  if (node === null) return null;
  return {
    name: 'node',
    aes256Gcm: (key) => aes256Gcm(node, key),
    createSha256: () => {
      const hash = node.createHash('sha256');
      return { update: (bytes) => void hash.update(bytes), digest: () => view(hash.digest()) };
    },
    scrypt: (password, salt, cost) =>
      new Promise((resolve, reject) => {
        const { N, r, p } = cost;
        const options = { N, r, p, maxmem: scryptMemoryBytes(cost) };
        node.scrypt(password, salt, 32, options, (error, key) => {
          if (error === null) resolve(view(key));
          else reject(error);
        });
      }),
  };
}

// A static import of node:crypto would break the browser bundle.
function nodeCrypto(): typeof NodeCrypto | null {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: NodeJS.Process['getBuiltinModule'] };
  };
  return process?.getBuiltinModule?.('node:crypto') ?? null;
}

async function aes256Gcm(node: typeof NodeCrypto, key: Uint8Array): Promise<Aead> {
  const secret = node.createSecretKey(key);
  const pooled = await webcryptoAes256Gcm(node.webcrypto.subtle, key);
  return {
    async seal(nonce, aad, plaintext) {
      if (plaintext.length >= THREAD_POOL_FROM_BYTES) return pooled.seal(nonce, aad, plaintext);
      const cipher = node.createCipheriv('aes-256-gcm', secret, nonce).setAAD(aad);
      const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
      sealed.set(cipher.update(plaintext));
      cipher.final();
      sealed.set(cipher.getAuthTag(), plaintext.length);
      return sealed;
    },
    async open(nonce, aad, sealed) {
      if (sealed.length >= THREAD_POOL_FROM_BYTES) return pooled.open(nonce, aad, sealed);
      if (sealed.length < TAG_BYTES) return null;
      const split = sealed.length - TAG_BYTES;
      const decipher = node
        .createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: TAG_BYTES })
        .setAAD(aad)
        .setAuthTag(sealed.subarray(split));
      const plaintext = decipher.update(sealed.subarray(0, split));
      try {
        decipher.final();
      } catch {
        return null;
      }
      return view(plaintext);
    },
  };
}

// Buffer is a Uint8Array whose slice() and toString() behave differently: none of our results is one.
function view(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
