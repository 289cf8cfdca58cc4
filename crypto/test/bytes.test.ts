import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { assertLength, equalBytes, u32be } from '../src/bytes.js';
import { CryptoError } from '../src/crypto-error.js';

describe('u32be', () => {
  it('encodes big-endian', () => {
    expect(u32be(0x01020304)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(u32be(0xffff_ffff)).toEqual(Uint8Array.of(255, 255, 255, 255));
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])('refuses %p', (value) => {
    expect(() => u32be(value)).toThrow(RangeError);
  });
});

describe('equalBytes', () => {
  it('is true for equal bytes only', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(equalBytes(a, Uint8Array.from(a))).toBe(true);
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
      }),
    );
  });

  it('sees a difference in any one byte, and in length', () => {
    const bytes = new Uint8Array(40);
    for (let i = 0; i < bytes.length; i += 1) {
      const other = Uint8Array.from(bytes);
      other[i] = 0x80;
      expect(equalBytes(bytes, other)).toBe(false);
    }
    expect(equalBytes(bytes, bytes.subarray(1))).toBe(false);
  });
});

describe('assertLength', () => {
  it('tells a wrong length of data from a wrong type of argument', () => {
    expect(() => {
      assertLength(new Uint8Array(3), 4, 'seed');
    }).toThrow(new CryptoError('LENGTH_INVALID', 'seed: expected 4 bytes, got 3'));
    expect(() => {
      assertLength([1, 2, 3, 4] as unknown as Uint8Array, 4, 'seed');
    }).toThrow(TypeError);
    expect(() => {
      assertLength(Buffer.alloc(4), 4, 'seed');
    }).not.toThrow();
  });
});

describe('CryptoError', () => {
  it('is narrowed by its code', () => {
    const error: unknown = new CryptoError('POINT_INVALID', 'point: bad');
    expect(CryptoError.is(error)).toBe(true);
    expect(CryptoError.is(error, 'POINT_INVALID')).toBe(true);
    expect(CryptoError.is(error, 'SCALAR_INVALID')).toBe(false);
    expect(CryptoError.is(new Error('point: bad'))).toBe(false);
    expect(CryptoError.is(null, 'POINT_INVALID')).toBe(false);
    expect(String(error)).toBe('CryptoError: point: bad');
  });

  it('keeps its cause', () => {
    const cause = new Error('inner');
    expect(new CryptoError('POINT_INVALID', 'outer', { cause }).cause).toBe(cause);
  });
});
