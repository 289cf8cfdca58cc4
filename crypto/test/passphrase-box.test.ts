import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  DEFAULT_SCRYPT_COST,
  openWithPassphrase,
  parsePassphraseBox,
  sealWithPassphrase,
} from '../src/passphrase-box.js';
import { pattern, providers } from './content/content-fixtures.js';

const params = { N: 2 ** 10, r: 8, p: 1 };
const seed = pattern(32);
const passphrase = 'correct horse battery staple';
const wrong = { code: 'PASSPHRASE_WRONG' };
const boxInvalid: unknown = expect.objectContaining({ code: 'PASSPHRASE_BOX_INVALID' });

describe.each(providers)('a passphrase box with $name', (provider) => {
  it('opens with its passphrase, after a trip through JSON, with any provider', async () => {
    const box = await sealWithPassphrase(seed, passphrase, { params, provider });
    const stored: unknown = JSON.parse(JSON.stringify(box));
    for (const other of providers) {
      expect(await openWithPassphrase(stored, passphrase, { provider: other })).toEqual(seed);
    }
  });

  it('reproduces the vector', async () => {
    const rng = (length: number): Uint8Array => new Uint8Array(length).fill(length);
    const options = { params, provider, rng, context: new TextEncoder().encode('alice') };
    // Made with Python 3: hashlib.scrypt and cryptography's AESGCM.
    expect(await sealWithPassphrase(seed, 'Åse', options)).toEqual({
      version: 1,
      kdf: { name: 'scrypt', ...params, saltHex: '20'.repeat(32) },
      cipher: 'aes-256-gcm',
      nonceHex: '0c'.repeat(12),
      ciphertextHex:
        'bf645f76fbb8adcaa2646fbd20b9b8c2828c83eb6c14b9f8b2084da5290e7cf534420cf0c2834418f615a2cd1b217663',
    });
  });

  it('refuses another passphrase', async () => {
    const box = await sealWithPassphrase(seed, passphrase, { params, provider });
    for (const guess of ['correct horse battery staplf', `${passphrase} `, 'Correct horse']) {
      await expect(openWithPassphrase(box, guess, { provider })).rejects.toMatchObject(wrong);
    }
  });
});

describe('sealWithPassphrase', () => {
  it('takes by default 128 MiB of scrypt', async () => {
    const box = await sealWithPassphrase(seed, passphrase);
    expect(box.kdf).toMatchObject({ N: 131072, r: 8, p: 1 });
    expect(DEFAULT_SCRYPT_COST).toEqual({ N: 131072, r: 8, p: 1 });
    expect(await openWithPassphrase(box, passphrase)).toEqual(seed);
  });

  it('draws a new salt and nonce each time', async () => {
    const [a, b] = [
      await sealWithPassphrase(seed, passphrase, { params }),
      await sealWithPassphrase(seed, passphrase, { params }),
    ];
    expect(a.kdf.saltHex).not.toBe(b.kdf.saltHex);
    expect(a.nonceHex).not.toBe(b.nonceHex);
    expect(a.ciphertextHex).not.toBe(b.ciphertextHex);
  });

  it('takes the same passphrase in another Unicode form for the same', async () => {
    const box = await sealWithPassphrase(seed, 'Åse ﬁle', { params });
    expect(await openWithPassphrase(box, 'A\u030Ase file')).toEqual(seed);
  });

  it('refuses an empty or ill-formed passphrase and a cost out of bounds', async () => {
    await expect(sealWithPassphrase(seed, '', { params })).rejects.toThrow(RangeError);
    await expect(sealWithPassphrase(seed, 'a\uD800', { params })).rejects.toThrow(RangeError);
    await expect(sealWithPassphrase(new Uint8Array(65_537), 'x', { params })).rejects.toThrow(
      RangeError,
    );
    for (const cost of [
      { N: 1000, r: 8, p: 1 },
      { N: 512, r: 8, p: 1 },
      { N: 2 ** 21, r: 1, p: 1 },
      { N: 2 ** 14, r: 17, p: 1 },
      { N: 2 ** 14, r: 8, p: 5 },
      { N: 2 ** 20, r: 16, p: 1 },
      { N: 2 ** 14, r: 0, p: 1 },
      { N: 2 ** 14, r: 8, p: 1.5 },
    ]) {
      await expect(sealWithPassphrase(seed, 'x', { params: cost })).rejects.toThrow(RangeError);
    }
  });

  it('comes back for any secret, passphrase and context', async () => {
    const property = fc.asyncProperty(
      fc.uint8Array({ maxLength: 100 }),
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.uint8Array({ maxLength: 20 }),
      async (secret, phrase, context) => {
        const box = await sealWithPassphrase(secret, phrase, { params, context });
        expect(await openWithPassphrase(box, phrase, { context })).toEqual(secret);
      },
    );
    await fc.assert(property, { numRuns: 20 });
  });
});

describe('openWithPassphrase', () => {
  it('refuses another context', async () => {
    const box = await sealWithPassphrase(seed, passphrase, { params, context: pattern(4) });
    for (const context of [undefined, pattern(5), new Uint8Array(0)]) {
      await expect(openWithPassphrase(box, passphrase, { context })).rejects.toMatchObject(wrong);
    }
  });

  it('refuses every flipped bit of salt, nonce and ciphertext, and a cut', async () => {
    const box = await sealWithPassphrase(seed, passphrase, { params });
    const flip = (hex: string, at: number): string => {
      const bytes = Buffer.from(hex, 'hex');
      bytes[at]! ^= 1 << (at % 8);
      return bytes.toString('hex');
    };
    const forged = [
      ...Array.from({ length: 32 }, (_, at) => ({
        ...box,
        kdf: { ...box.kdf, saltHex: flip(box.kdf.saltHex, at) },
      })),
      ...Array.from({ length: 12 }, (_, at) => ({ ...box, nonceHex: flip(box.nonceHex, at) })),
      ...Array.from({ length: 48 }, (_, at) => ({
        ...box,
        ciphertextHex: flip(box.ciphertextHex, at),
      })),
      { ...box, ciphertextHex: box.ciphertextHex.slice(0, -2) },
      { ...box, kdf: { ...box.kdf, N: 2 ** 11 } },
      { ...box, kdf: { ...box.kdf, r: 7 } },
      { ...box, kdf: { ...box.kdf, p: 2 } },
    ];
    for (const each of forged) {
      await expect(openWithPassphrase(each, passphrase)).rejects.toMatchObject(wrong);
    }
  });

  it('refuses a planted cost before it pays for it', async () => {
    const box = await sealWithPassphrase(seed, passphrase, { params });
    for (const cost of [
      { N: 2 ** 21 },
      { N: 2 ** 20, r: 16 },
      { r: 17 },
      { p: 5 },
      { N: 2 ** 60 },
    ]) {
      const before = process.cpuUsage();
      const planted = { ...box, kdf: { ...box.kdf, ...cost } };
      await expect(openWithPassphrase(planted, passphrase)).rejects.toEqual(boxInvalid);
      // The least of these would take gigabytes and seconds.
      expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
    }
  });
});

describe('parsePassphraseBox', () => {
  it('returns a sound box without what does not belong to it', async () => {
    const box = await sealWithPassphrase(seed, passphrase, { params });
    expect(parsePassphraseBox({ ...box, note: 'hello' })).toEqual(box);
  });

  it('names the field that is wrong', async () => {
    const box = await sealWithPassphrase(seed, passphrase, { params });
    const faults: [unknown, string][] = [
      [null, 'the box'],
      ['box', 'the box'],
      [{}, 'kdf'],
      [{ ...box, version: 2 }, 'version'],
      [{ ...box, cipher: 'rot13' }, 'cipher'],
      [{ ...box, kdf: null }, 'kdf'],
      [{ ...box, kdf: { ...box.kdf, name: 'md5' } }, 'kdf.name'],
      [{ ...box, kdf: { ...box.kdf, N: '131072' } }, 'N'],
      [{ ...box, kdf: { ...box.kdf, N: 1023 } }, 'N'],
      [{ ...box, kdf: { ...box.kdf, r: null } }, 'r in'],
      [{ ...box, kdf: { ...box.kdf, saltHex: 'AB' } }, 'kdf.saltHex'],
      [{ ...box, nonceHex: 12 }, 'nonceHex'],
      [{ ...box, nonceHex: `${box.nonceHex}00` }, 'nonceHex'],
      [{ ...box, nonceHex: box.nonceHex.toUpperCase() }, 'nonceHex'],
      [{ ...box, ciphertextHex: '00' }, 'ciphertextHex'],
      [{ ...box, ciphertextHex: '0'.repeat(2 ** 18) }, 'ciphertextHex'],
    ];
    for (const [fault, field] of faults) {
      expect(() => parsePassphraseBox(fault)).toThrow(boxInvalid);
      expect(() => parsePassphraseBox(fault)).toThrow(field);
    }
  });
});
