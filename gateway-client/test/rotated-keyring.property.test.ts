import { describe, expect, it } from '@jest/globals';
import { encrypt, PublicKey, reencrypt, sealBox } from '@emr-share/crypto';
import fc from 'fast-check';
import { bytesToHex, hexToBytes } from '../src/bytes.js';
import { Keyring } from '../src/index.js';
import { SeedKeys } from '../src/seed-keys.js';
import { codeOf } from './support/refusal.js';

const SCOPE = 'p.meier/prescription/0';
const seeds = fc.uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), {
  minLength: 1,
  maxLength: 4,
  selector: bytesToHex,
});
const RUNS = { numRuns: 10 };

/** The keyring that has gone through these seeds, one rotation after the other. */
function rotated([first = new Uint8Array(32), ...later]: readonly Uint8Array[]): Keyring {
  return later.reduce((keyring, seed) => keyring.succeededBy(seed), Keyring.fromSeed(first));
}

const pk = (hex: string): PublicKey => PublicKey.fromCompressedBytes(hexToBytes(hex));

describe('Keyring, after rotations', () => {
  it('has the public keys of its newest seed, however it came by the earlier ones', () => {
    fc.assert(
      fc.property(seeds, (all) => {
        const keyring = rotated(all);
        const newest = Keyring.fromSeed(all.at(-1)!);
        const opened = Keyring.fromSeed(all.at(-1)!, { earlier: all.slice(0, -1) });
        for (const one of [keyring, opened]) {
          expect(one.number).toBe(all.length - 1);
          expect(one.verifyingKeyHex).toBe(newest.verifyingKeyHex);
          expect(one.readerKeyHex).toBe(newest.readerKeyHex);
          expect(one.scopeKeyHex(SCOPE)).toBe(newest.scopeKeyHex(SCOPE));
        }
      }),
      RUNS,
    );
  });

  it('opens what was wrapped, sealed or shared under any of its seeds', () => {
    fc.assert(
      fc.property(seeds, fc.nat(3), (all, i) => {
        const keyring = rotated(all);
        const former = Keyring.fromSeed(all[i % all.length]!);
        const dek = new Uint8Array(32).fill(9);
        const delegatingKey = former.scopeKeyHex(SCOPE);
        const [capsule, encryptedDek] = encrypt(pk(delegatingKey), dek);
        expect(keyring.openOwn(SCOPE, capsule, encryptedDek)).toEqual(dek);

        const context = new Uint8Array([1]);
        expect(keyring.openSealed(sealBox(former.readerPk, dek, { context }), context)).toEqual(
          dek,
        );
        expect(keyring.ownReaderPk(former.readerKeyHex)?.equals(former.readerPk)).toBe(true);

        const shape = { threshold: 2, shares: 3 };
        const shared = keyring.shareScope(SCOPE, shape, delegatingKey);
        expect(bytesToHex(shared.commitments.toBytes()).startsWith(delegatingKey)).toBe(true);
      }),
      RUNS,
    );
  });

  it('delegates from scopes of earlier seeds with its newest signature, to any of its reader keys', () => {
    fc.assert(
      fc.property(seeds, seeds, (ofPatient, ofReader) => {
        const [patient, reader] = [rotated(ofPatient), rotated(ofReader)];
        const delegatingKey = Keyring.fromSeed(ofPatient[0]!).scopeKeyHex(SCOPE);
        const { readerPk: delegateePk, readerKeyHex } = Keyring.fromSeed(ofReader[0]!);
        const dek = new Uint8Array(32).fill(3);
        const [capsule, encryptedDek] = encrypt(pk(delegatingKey), dek);
        const kfrags = patient.delegate({
          scopeId: SCOPE,
          delegatingKey,
          delegateePk,
          threshold: 2,
          shares: 2,
        });
        const cfrags = kfrags.map((kfrag) =>
          reencrypt(capsule, kfrag)
            .unverify()
            .verify(capsule, patient.verifyingPk, pk(delegatingKey), delegateePk),
        );
        const delegatingPk = pk(delegatingKey);
        const reencryption = { delegatingPk, capsule, cfrags, encryptedDek, readerKeyHex };
        expect(reader.openReencrypted(reencryption)).toEqual(dek);
      }),
      RUNS,
    );
  });

  it('seals each seed to the one that replaced it: the newest opens them all, an earlier one none', () => {
    fc.assert(
      fc.property(seeds, (all) => {
        const context = new Uint8Array([7]);
        for (let i = 1; i < all.length; i++) {
          const sealed = rotated(all.slice(0, i + 1)).sealFormerSeed(context);
          expect(new SeedKeys(all[i]!).openFormerSeed(sealed, context)).toEqual(all[i - 1]);
          expect(() => new SeedKeys(all[i - 1]!).openFormerSeed(sealed, context)).toThrow();
        }
      }),
      RUNS,
    );
  });

  it("refuses a delegating key that none of its seeds derives, and another user's reader key", async () => {
    const keyring = rotated([new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]);
    const delegatingKey = Keyring.random().scopeKeyHex(SCOPE);
    expect(keyring.derivesScope(SCOPE, delegatingKey)).toBe(false);
    const shape = { threshold: 2, shares: 3 };
    expect(await codeOf(() => keyring.shareScope(SCOPE, shape, delegatingKey))).toBe(
      'SIGNATURE_INVALID',
    );
    expect(keyring.ownReaderPk(Keyring.random().readerKeyHex)).toBeNull();
  });

  it('has nothing to seal before its first rotation, and knows a pending one', async () => {
    const seed = new Uint8Array(32).fill(5);
    const first = Keyring.random();
    expect(await codeOf(() => first.sealFormerSeed(seed))).toBe('INPUT_INVALID');
    expect(first.pending).toBeNull();
    const begun = first.withPending(seed);
    expect(begun.readerKeyHex).toBe(first.readerKeyHex);
    expect(begun.pending?.isOf(seed)).toBe(true);
    expect(begun.pending?.number).toBe(1);
  });
});
