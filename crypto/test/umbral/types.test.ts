/* eslint @typescript-eslint/no-unsafe-class-instance-assignment: off, @typescript-eslint/no-unsafe-return: off -- what these tests do on purpose */
import { describe, expect, it } from '@jest/globals';
import type { VerifiedCapsuleFrag, VerifiedKeyFrag } from '../../src/umbral/index.js';
import { CapsuleFrag, KeyFrag, decryptReencrypted, reencrypt } from '../../src/umbral/index.js';
import { backends } from '../group/backends.js';
import { tellStory } from './parties.js';

/** The type check of the tests proves the `@ts-expect-error` lines; running them proves the rest. */
describe('types', () => {
  const story = tellStory(backends[0]![1], 'types');
  const { capsule, kfrags, cfrags, receivingSk, delegatingPk, ciphertext } = story;

  it('keep an unverified kfrag out of reencrypt', () => {
    const kfrag = KeyFrag.fromBytes(kfrags[0]!.toBytes());
    // @ts-expect-error -- a KeyFrag is not a VerifiedKeyFrag
    expect(() => reencrypt(capsule, kfrag)).toThrow();
    expect(() => reencrypt(capsule, kfrag.skipVerification())).not.toThrow();
  });

  it('keep an unverified cfrag out of decryptReencrypted', () => {
    const unverified = cfrags.map((cfrag) => CapsuleFrag.fromBytes(cfrag.toBytes()));
    expect(() =>
      // @ts-expect-error -- a CapsuleFrag is not a VerifiedCapsuleFrag
      decryptReencrypted(receivingSk, delegatingPk, capsule, unverified, ciphertext),
    ).toThrow();
  });

  it('cannot be imitated by structure', () => {
    const kfrag = kfrags[0]!;
    const methods = {
      unverify: () => kfrag.unverify(),
      toBytes: () => kfrag.toBytes(),
      equals: () => true,
      toString: () => 'kfrag',
      toJSON: () => 'kfrag',
    };
    // @ts-expect-error -- the private field is missing
    const imitation: VerifiedKeyFrag = methods;
    expect(imitation).toBe(methods);
    // @ts-expect-error -- a verified kfrag is no verified cfrag
    const other: VerifiedCapsuleFrag = kfrag;
    expect(other).toBe(kfrag);
    // @ts-expect-error -- the constructor is private
    expect(() => new KeyFrag()).not.toThrow();
  });

  it('have no way from bytes to a verified fragment but through verification', () => {
    expect('fromBytes' in cfrags[0]!.constructor).toBe(false);
    expect('fromBytes' in kfrags[0]!.constructor).toBe(false);
  });
});
