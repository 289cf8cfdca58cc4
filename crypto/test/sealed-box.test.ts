import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CryptoError } from '../src/crypto-error.js';
import { derivedRng } from '../src/rng.js';
import { openBox, SEALED_BOX_OVERHEAD_BYTES, sealBox } from '../src/sealed-box.js';
import { SecretKey } from '../src/umbral/keys.js';
import { pattern } from './content/content-fixtures.js';
import { backends } from './group/backends.js';
import { oracleSeal } from './sealed-box-oracle.mjs';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const context = text('grant 1 / org1');
const message = text('kfrag 1');
const recipient = SecretKey.fromBEBytes(new Uint8Array(32).fill(7));
const recipientPk = recipient.publicKey();

/** The code of the refusal, or 'opened'. */
function attempt(sealed: Uint8Array, sk = recipient, options = { context }): string {
  try {
    openBox(sk, sealed, options);
    return 'opened';
  } catch (error) {
    if (CryptoError.is(error)) return error.code;
    throw error;
  }
}

describe.each(backends)('a sealed box with the %s backend', (_name, backend) => {
  it('opens for its recipient and nobody else', () => {
    const sealed = sealBox(recipientPk, message, { context, backend });
    expect(sealed).toHaveLength(message.length + SEALED_BOX_OVERHEAD_BYTES);
    expect(openBox(recipient, sealed, { context, backend })).toEqual(message);
    expect(() => openBox(SecretKey.random(), sealed, { context, backend })).toThrow(
      expect.objectContaining({ code: 'SEALED_BOX_INVALID' }),
    );
  });

  it('reproduces the vector', () => {
    const rng = (length: number): Uint8Array => new Uint8Array(length).fill(9);
    const sealed = sealBox(recipientPk, message, { context, backend, rng });
    expect(Buffer.from(sealed).toString('hex')).toBe(
      '010102378f09d91374284e410171ece7d8cfffe64d5448f7da2075da22715e9257d06cb4d6f74af0cf7c97a71c06ce115b2a27053ecf976a5a87',
    );
  });

  it('is what the straight-line oracle makes, for any key, message and context', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const keyBytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((b) => b[0]! < 0xff);
    const property = fc.property(
      keyBytes.filter((b) => b.some((byte) => byte !== 0)),
      bytes,
      bytes,
      keyBytes,
      (skBytes, plaintext, about, entropy) => {
        const sk = SecretKey.fromBEBytes(skBytes);
        const options = { context: about, backend, rng: () => entropy };
        const sealed = sealBox(sk.publicKey(), plaintext, options);
        const expected = oracleSeal({ recipientSk: skBytes, plaintext, context: about, entropy });
        expect(sealed).toEqual(expected);
        expect(openBox(sk, sealed, options)).toEqual(plaintext);
      },
    );
    fc.assert(property, { endOnFailure: true, numRuns: process.env['SLOW'] === '1' ? 100 : 6 });
  });
});

describe('sealBox', () => {
  it('makes two boxes of one message that have nothing in common', () => {
    const [a, b] = [1, 2].map(() => sealBox(recipientPk, message, { context })) as [
      Uint8Array,
      Uint8Array,
    ];
    expect(a.subarray(2, 35)).not.toEqual(b.subarray(2, 35));
    expect(a.subarray(35)).not.toEqual(b.subarray(35));
  });

  it('is deterministic under a derived generator', () => {
    const seal = (): Uint8Array =>
      sealBox(recipientPk, message, { context, rng: derivedRng(pattern(32), context) });
    expect(seal()).toEqual(seal());
  });

  it('never uses an ephemeral key twice, though the generator repeats itself', () => {
    const rng = (length: number): Uint8Array => new Uint8Array(length);
    const boxes = [
      sealBox(recipientPk, message, { context, rng }),
      sealBox(recipientPk, text('kfrag 2'), { context, rng }),
      sealBox(recipientPk, message, { context: text('grant 2 / org1'), rng }),
      sealBox(SecretKey.random().publicKey(), message, { context, rng }),
    ];
    const ephemeralKeys = boxes.map((box) => Buffer.from(box.subarray(2, 35)).toString('hex'));
    expect(new Set(ephemeralKeys).size).toBe(4);
  });

  it('refuses a generator that gives too few bytes', () => {
    const rng = (): Uint8Array => new Uint8Array(31);
    expect(() => sealBox(recipientPk, message, { context, rng })).toThrow(RangeError);
  });

  it('refuses what is not bytes', () => {
    expect(() => sealBox(recipientPk, 'secret' as never, { context })).toThrow(TypeError);
    expect(() => sealBox(recipientPk, message, { context: 'grant' as never })).toThrow(TypeError);
  });

  it('seals a message of no bytes', () => {
    const sealed = sealBox(recipientPk, new Uint8Array(0), { context });
    expect(openBox(recipient, sealed, { context })).toEqual(new Uint8Array(0));
  });
});

describe('openBox', () => {
  const sealed = sealBox(recipientPk, message, { context });

  it('refuses every flipped bit', () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const forged = sealed.slice();
      forged[bit >> 3]! ^= 1 << (bit % 8);
      expect([bit, attempt(forged)]).toEqual([bit, 'SEALED_BOX_INVALID']);
    }
  });

  it('refuses every cut and an addition', () => {
    for (let length = 0; length < sealed.length; length++) {
      expect(attempt(sealed.subarray(0, length))).toBe('SEALED_BOX_INVALID');
    }
    expect(attempt(Uint8Array.of(...sealed, 0))).toBe('SEALED_BOX_INVALID');
  });

  it('refuses another context', () => {
    for (const other of ['', 'grant 1 / org2', 'grant 1 / org1 ']) {
      expect(attempt(sealed, recipient, { context: text(other) })).toBe('SEALED_BOX_INVALID');
    }
  });

  it('refuses the ephemeral key of another box', () => {
    const other = sealBox(recipientPk, message, { context });
    const spliced = sealed.slice();
    spliced.set(other.subarray(2, 35), 2);
    expect(attempt(spliced)).toBe('SEALED_BOX_INVALID');
  });

  it('names an unknown version or suite', () => {
    const renumbered = (at: number): Uint8Array => {
      const copy = sealed.slice();
      copy[at] = 4;
      return copy;
    };
    expect(() => openBox(recipient, renumbered(0), { context })).toThrow(/version 4 /);
    expect(() => openBox(recipient, renumbered(1), { context })).toThrow(/suite 4 /);
  });
});
