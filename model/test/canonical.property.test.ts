import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalBytes, canonicalJson, signedBytes, type CanonicalValue } from '../src/index.js';

const canonicalValue = fc.letrec<{ value: CanonicalValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'grapheme' }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), { maxKeys: 5 }),
  ),
})).value;

/** RFC 8785 by an independent implementation. */
const oracle = canonicalize as unknown as (value: unknown) => string;

describe('canonical JSON', () => {
  it('is RFC 8785 for every value it accepts', () => {
    fc.assert(
      fc.property(canonicalValue, (value) => {
        expect(canonicalJson(value)).toBe(oracle(value));
      }),
    );
  });

  it('survives a round trip through JSON.parse', () => {
    fc.assert(
      fc.property(canonicalValue, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text) as CanonicalValue)).toBe(text);
      }),
    );
  });

  it('does not depend on the order in which members were set', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalBytes(reversed)).toEqual(canonicalBytes(object));
      }),
    );
  });

  it('refuses numbers that are not safe integers', () => {
    for (const value of [0.5, NaN, Infinity, 2 ** 53, -(2 ** 53)]) {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    }
  });

  it('writes minus zero as zero', () => {
    expect(canonicalJson(-0)).toBe('0');
  });

  it('refuses lone surrogates, in members and in names', () => {
    expect(() => canonicalJson('\ud800')).toThrow(TypeError);
    expect(() => canonicalJson({ '\udc00': 1 })).toThrow(TypeError);
  });

  it('refuses what JSON cannot hold', () => {
    for (const value of [undefined, 1n, Symbol('x'), () => 1]) {
      expect(() => canonicalJson(value as unknown as CanonicalValue)).toThrow(TypeError);
    }
  });

  it('leaves out members that are undefined', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });
});

describe('signed bytes', () => {
  it('differ between any two tags for the same body', () => {
    const body = { recordId: '00' };
    expect(signedBytes('record', body)).not.toEqual(signedBytes('wrap', body));
    expect(new TextDecoder().decode(signedBytes('record', body))).toBe(
      'emr-share/record/v1\0{"recordId":"00"}',
    );
  });
});
