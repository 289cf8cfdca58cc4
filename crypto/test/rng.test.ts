import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { utf8ToBytes } from '../src/bytes.js';
import { derivedRng, systemRng } from '../src/rng.js';

const secret = new Uint8Array(32).fill(7);
const context = utf8ToBytes('context');

describe('systemRng', () => {
  it('gives as many bytes as asked, never the same', () => {
    expect(systemRng(0)).toHaveLength(0);
    expect(systemRng(65)).toHaveLength(65);
    expect(systemRng(32)).not.toEqual(systemRng(32));
  });
});

describe('derivedRng', () => {
  it('is HMAC-SHA256 in counter mode under an HKDF key', () => {
    const digest = createHash('sha256').update(context).digest();
    const key = Buffer.from(hkdfSync('sha256', secret, 'emr-share/derived-rng/v1', digest, 32));
    const blocks = [0, 1, 2].map((i) =>
      createHmac('sha256', key)
        .update(Uint8Array.of(0, 0, 0, i))
        .digest(),
    );
    expect(Buffer.from(derivedRng(secret, context)(96))).toEqual(Buffer.concat(blocks));
  });

  it('gives the same stream however it is cut', () => {
    const whole = derivedRng(secret, context)(100);
    const rng = derivedRng(secret, context);
    const parts = [1, 0, 31, 32, 33, 3].map((length) => rng(length));
    expect(Buffer.concat(parts)).toEqual(Buffer.from(whole));
  });

  it('gives another stream for another secret or context', () => {
    const streams = [
      derivedRng(secret, context),
      derivedRng(new Uint8Array(32).fill(8), context),
      derivedRng(secret, utf8ToBytes('contexts')),
      derivedRng(secret, new Uint8Array(0)),
    ].map((rng) => Buffer.from(rng(32)).toString('hex'));
    expect(new Set(streams).size).toBe(streams.length);
  });

  it('does not change with what it gave out or was made of', () => {
    const [givenSecret, givenContext] = [Uint8Array.from(secret), Uint8Array.from(context)];
    const rng = derivedRng(givenSecret, givenContext);
    givenSecret.fill(0);
    givenContext.fill(0);
    rng(16).fill(0);
    const expected = derivedRng(secret, context)(48).subarray(16);
    expect(rng(32)).toEqual(expected);
  });

  it('refuses a secret that is short or no bytes', () => {
    expect(() => derivedRng(new Uint8Array(15), context)).toThrow(RangeError);
    expect(() => derivedRng('secret' as unknown as Uint8Array, context)).toThrow(TypeError);
  });
});
