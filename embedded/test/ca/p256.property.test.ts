import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { p256 } from '@noble/curves/nist.js';
import type { KeyObject } from 'node:crypto';
import { generateP256, signP256, verifyP256 } from '../../src/ca/p256.js';

describe('signatures of peers', () => {
  let publicKey: KeyObject;
  let privateKey: KeyObject;

  beforeAll(async () => {
    ({ publicKey, privateKey } = await generateP256());
  });

  it('verify over their message, are low-S, and their high-S twins do not verify', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
        const signature = signP256(message, privateKey);
        expect(verifyP256(signature, message, publicKey)).toBe(true);
        const { r, s } = p256.Signature.fromBytes(signature, 'compact');
        const twin = new p256.Signature(r, p256.Point.Fn.ORDER - s).toBytes('compact');
        expect(verifyP256(twin, message, publicKey)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('do not verify over another message or with a changed bit', () => {
    const message = Buffer.from('message');
    fc.assert(
      fc.property(fc.nat(511), (bit) => {
        const signature = Buffer.from(signP256(message, privateKey));
        const at = bit >> 3;
        signature.writeUInt8(signature.readUInt8(at) ^ (1 << (bit & 7)), at);
        expect(verifyP256(signature, message, publicKey)).toBe(false);
      }),
      { numRuns: 50 },
    );
    expect(verifyP256(signP256(message, privateKey), Buffer.from('other'), publicKey)).toBe(false);
  });
});
