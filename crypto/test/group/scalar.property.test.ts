import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  GROUP_ORDER,
  addScalars,
  integerFromBytes,
  invertScalar,
  multiplyScalars,
  negateScalar,
  scalarFromBytes,
  scalarToBytes,
  subtractScalars,
} from '../../src/group/scalar.js';

const scalar = fc.oneof(
  fc.bigInt({ min: 0n, max: GROUP_ORDER - 1n }),
  fc.constantFrom(0n, 1n, 2n, GROUP_ORDER - 1n, 1n << 64n, (1n << 64n) - 1n, 1n << 255n),
);

describe('scalars', () => {
  it('form a field', () => {
    fc.assert(
      fc.property(scalar, scalar, scalar, (a, b, c) => {
        expect(multiplyScalars(a, addScalars(b, c))).toBe(
          addScalars(multiplyScalars(a, b), multiplyScalars(a, c)),
        );
        expect(addScalars(a, negateScalar(a))).toBe(0n);
        expect(subtractScalars(a, b)).toBe(addScalars(a, negateScalar(b)));
        expect(a === 0n || multiplyScalars(a, invertScalar(a)) === 1n).toBe(true);
      }),
    );
  });

  it('have 32 big-endian bytes', () => {
    fc.assert(
      fc.property(scalar, (a) => {
        const bytes = scalarToBytes(a);
        expect(Buffer.from(bytes).toString('hex')).toBe(a.toString(16).padStart(64, '0'));
        expect(scalarFromBytes(bytes, 'scalar')).toBe(a);
      }),
    );
  });

  it('are read from any 32 bytes without reducing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 40, maxLength: 40 }), (bytes) => {
        const view = bytes.subarray(5, 37);
        expect(integerFromBytes(view)).toBe(BigInt(`0x${Buffer.from(view).toString('hex')}`));
      }),
    );
  });

  it('have no inverse of zero', () => {
    expect(() => invertScalar(0n)).toThrow(RangeError);
  });
});
