import { describe, expect, it } from '@jest/globals';
import { defaultProvider, nodeProvider, webcryptoProvider } from '../src/provider/index.js';
import type { Aead } from '../src/provider/index.js';
import { webcryptoAes256Gcm } from '../src/provider/webcrypto-provider.js';
import { expectSameBytes, pattern, providers } from './content/content-fixtures.js';

const key = pattern(32);
const nonce = pattern(12);
const aad = pattern(40);
/** Below and above the size from which Node's provider uses the thread pool. */
const SIZES = [0, 1, 15, 16, 1000, 2 ** 17 - 16, 2 ** 17, 2 ** 17 + 1];

describe.each(providers)('the primitives of $name', (provider) => {
  it('open what they sealed, and give what the others give', async () => {
    const aead = await provider.aes256Gcm(key);
    const reference = await providers[0]!.aes256Gcm(key);
    for (const size of SIZES) {
      const sealed = await aead.seal(nonce, aad, pattern(size));
      expectSameBytes(sealed, await reference.seal(nonce, aad, pattern(size)));
      expectSameBytes((await aead.open(nonce, aad, sealed))!, pattern(size));
    }
  });

  it('give AES-256-GCM as NIST has it (test case 16 of McGrew and Viega)', async () => {
    const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
    const aead = await provider.aes256Gcm(
      hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
    );
    const sealed = await aead.seal(
      hex('cafebabefacedbaddecaf888'),
      hex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
      hex(
        'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
      ),
    );
    expect(Buffer.from(sealed).toString('hex')).toBe(
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
    );
  });

  it('refuse another key, nonce, associated data, text or tag with null', async () => {
    const aead = await provider.aes256Gcm(key);
    const other = await provider.aes256Gcm(pattern(33).subarray(1));
    for (const size of [0, 50, 2 ** 17]) {
      const sealed = await aead.seal(nonce, aad, pattern(size));
      const attempts: [Aead, Uint8Array, Uint8Array, Uint8Array][] = [
        [other, nonce, aad, sealed],
        [aead, pattern(13).subarray(1), aad, sealed],
        [aead, nonce, pattern(41), sealed],
        [aead, nonce, aad, Uint8Array.of(...sealed.subarray(0, 20), 1)],
        [aead, nonce, aad, sealed.subarray(0, 15)],
        [aead, nonce, aad, new Uint8Array(0)],
      ];
      for (const [with_, ...input] of attempts) expect(await with_.open(...input)).toBeNull();
    }
  });

  it('leave the caller’s buffer free as soon as they return', async () => {
    const aead = await provider.aes256Gcm(key);
    for (const size of [1000, 2 ** 18]) {
      const buffer = pattern(size);
      const sealing = aead.seal(nonce, aad, buffer);
      buffer.fill(0);
      const sealed = await sealing;
      const copy = sealed.slice();
      const opening = aead.open(nonce, aad, copy);
      copy.fill(0);
      expectSameBytes((await opening)!, pattern(size));
    }
  });

  it('let the key bytes be wiped once it is imported', async () => {
    const wiped = key.slice();
    const aead = await provider.aes256Gcm(wiped);
    wiped.fill(0);
    const reference = await provider.aes256Gcm(key);
    for (const size of [10, 2 ** 17]) {
      const sealed = await aead.seal(nonce, aad, pattern(size));
      expectSameBytes(sealed, await reference.seal(nonce, aad, pattern(size)));
    }
  });

  it('give plain Uint8Arrays', async () => {
    const aead = await provider.aes256Gcm(key);
    const sealed = await aead.seal(nonce, aad, pattern(5));
    const hash = provider.createSha256();
    const results = [sealed, await aead.open(nonce, aad, sealed), hash.digest()];
    for (const result of results) expect(Buffer.isBuffer(result)).toBe(false);
  });

  it('give scrypt as RFC 7914 §12 has it', async () => {
    const encoder = new TextEncoder();
    const cost = { N: 1024, r: 8, p: 16 };
    const derived = await provider.scrypt(encoder.encode('password'), encoder.encode('NaCl'), cost);
    expect(Buffer.from(derived).toString('hex')).toBe(
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162',
    );
  });
});

describe('the choice of provider', () => {
  it('is Node’s where there is Node', () => {
    expect(defaultProvider().name).toBe('node');
  });

  it('has no Node’s where a page has no process, and no WebCrypto’s where it is not secure', () => {
    const hidden = { process: globalThis.process, crypto: globalThis.crypto };
    const hide = (name: 'process' | 'crypto', value: unknown): void => {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    };
    try {
      for (const absent of [undefined, {}]) {
        hide('process', absent);
        hide('crypto', absent);
        expect([nodeProvider(), webcryptoProvider()]).toEqual([null, null]);
      }
    } finally {
      hide('process', hidden.process);
      hide('crypto', hidden.crypto);
    }
    expect(nodeProvider()?.name).toBe('node');
    expect(webcryptoProvider()?.name).toBe('webcrypto');
  });

  it('does not take a fault of WebCrypto for a forged message', async () => {
    const subtle = {
      importKey: () => Promise.resolve({}),
      encrypt: () => Promise.reject(new Error('no memory')),
      decrypt: () => Promise.reject(new Error('no memory')),
    };
    const aead = await webcryptoAes256Gcm(subtle as never, key);
    await expect(aead.open(nonce, aad, pattern(50))).rejects.toThrow('no memory');
  });
});
