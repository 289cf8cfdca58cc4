import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  Capsule,
  decryptWithCustodians,
  encrypt,
  Partial,
  PublicKey,
  reencrypt,
  sealBox,
  Signature,
} from '@emr-share/crypto';
import { signedBytes } from '@emr-share/model';
import { Keyring } from '@emr-share/gateway-client';
import { bytesToHex, hexToBytes } from '../src/bytes.js';
import { codeOf } from './support/refusal.js';
import { counting } from './support/streams.js';

const SEED = counting(32);
const SCOPE = 'p.meier/prescription/0';

describe('Keyring', () => {
  it('derives the same keys from the same seed and others from another', () => {
    const keyring = Keyring.fromSeed(SEED);
    const same = Keyring.fromSeed(Uint8Array.from(SEED));
    const other = Keyring.random();
    expect(same.verifyingKeyHex).toBe(keyring.verifyingKeyHex);
    expect(same.readerKeyHex).toBe(keyring.readerKeyHex);
    expect(same.scopeKeyHex(SCOPE)).toBe(keyring.scopeKeyHex(SCOPE));
    expect(other.verifyingKeyHex).not.toBe(keyring.verifyingKeyHex);
  });

  it('keeps its keys for ever: those of a known seed do not change between releases', () => {
    const keyring = Keyring.fromSeed(SEED);
    expect({
      verifying: keyring.verifyingKeyHex,
      reader: keyring.readerKeyHex,
      scope: keyring.scopeKeyHex(SCOPE),
      mac: bytesToHex(keyring.uploadMac(new Uint8Array())),
    }).toMatchInlineSnapshot(`
      {
        "mac": "6c38bd90d66230819a83bd36d4c436e07a1a3eee56ba0f7fe83e0d0ddd9df050",
        "reader": "028403ff3618f5e6e42e98a666b20fad19b7527fb57556756af74d3b4036e0476a",
        "scope": "02e1b0aebafa1b6d1d0ec8988d87e47e3f9da0b7aa74a98a610f3381947f731bee",
        "verifying": "020515fd15818b16bf2503712a1a09616caf8e608676697a6f31c2af7b60544bba",
      }
    `);
  });

  it('has a key of its own for each purpose, scope and epoch', () => {
    const keyring = Keyring.fromSeed(SEED);
    const keys = [
      keyring.verifyingKeyHex,
      keyring.readerKeyHex,
      ...[0, 1, 2].map((epoch) => keyring.scopeKeyHex(`p.meier/prescription/${epoch}`)),
      keyring.scopeKeyHex('p.meier/omics/0'),
      keyring.scopeKeyHex(`p.meier/record/${'0'.repeat(32)}`),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('refuses a seed of another length', async () => {
    for (const length of [0, 31, 33, 64]) {
      expect(await codeOf(() => Keyring.fromSeed(new Uint8Array(length)))).toBe('INPUT_INVALID');
    }
  });

  it('signs under one tag only', () => {
    const keyring = Keyring.fromSeed(SEED);
    const body = { recordId: 'a', timestamp: 1 };
    const signature = Signature.fromBEBytes(hexToBytes(keyring.sign('record', body)));
    expect(signature.verify(keyring.verifyingPk, signedBytes('record', body))).toBe(true);
    expect(signature.verify(keyring.verifyingPk, signedBytes('grant', body))).toBe(false);
  });

  it('opens what was wrapped for its scope', () => {
    const keyring = Keyring.fromSeed(SEED);
    const dek = counting(32);
    const scopePk = PublicKey.fromCompressedBytes(hexToBytes(keyring.scopeKeyHex(SCOPE)));
    const [capsule, encryptedDek] = encrypt(scopePk, dek);
    expect(keyring.openOwn(SCOPE, capsule, encryptedDek)).toEqual(dek);
    expect(() => keyring.openOwn('p.meier/prescription/1', capsule, encryptedDek)).toThrow();
  });

  it('delegates a scope so that the threshold of fragments opens it for the delegatee alone', () => {
    const [patient, physician, stranger] = [1, 2, 3].map(() => Keyring.random());
    const dek = counting(32);
    const delegatingPk = PublicKey.fromCompressedBytes(hexToBytes(patient!.scopeKeyHex(SCOPE)));
    const [made, encryptedDek] = encrypt(delegatingPk, dek);
    const capsule = Capsule.fromBytesSimple(made.toBytesSimple());
    const delegateePk = physician!.readerPk;
    const kfrags = patient!.delegate({ scopeId: SCOPE, delegateePk, threshold: 2, shares: 3 });
    expect(kfrags).toHaveLength(3);
    const cfrags = kfrags.slice(1).map((kfrag) => reencrypt(capsule, kfrag));
    const reencryption = { delegatingPk, capsule, cfrags, encryptedDek };
    expect(physician!.openReencrypted(reencryption)).toEqual(dek);
    expect(() => stranger!.openReencrypted(reencryption)).toThrow();
    expect(() =>
      physician!.openReencrypted({ ...reencryption, cfrags: cfrags.slice(1) }),
    ).toThrow();
  });

  it('shares a scope so that the threshold of shares opens it for whoever they answer', () => {
    const keyring = Keyring.fromSeed(SEED);
    const dek = counting(32);
    const scopePk = PublicKey.fromCompressedBytes(hexToBytes(keyring.scopeKeyHex(SCOPE)));
    const [capsule, encryptedDek] = encrypt(scopePk, dek);
    const { commitments, shares } = keyring.shareScope(SCOPE, { threshold: 2, shares: 3 });
    expect(commitments.publicKey.equals(scopePk)).toBe(true);
    const occasion = new Uint8Array(1);
    const partials = shares
      .slice(1)
      .map((share) => Partial.compute(share, capsule, occasion))
      .map((partial) => partial.verify(capsule, commitments, occasion));
    expect(decryptWithCustodians(commitments, capsule, partials, encryptedDek)).toEqual(dek);
    expect(() =>
      decryptWithCustodians(commitments, capsule, partials.slice(1), encryptedDek),
    ).toThrow();
    const again = keyring.shareScope(SCOPE, { threshold: 2, shares: 3 });
    expect(again.commitments.equals(commitments)).toBe(false);
  });

  it('opens what was sealed to its reader key, in the context that it was sealed for', () => {
    const [keyring, other] = [Keyring.fromSeed(SEED), Keyring.random()];
    const [words, context] = [counting(10), counting(3)];
    const box = sealBox(keyring.readerPk, words, { context });
    expect(keyring.openSealed(box, context)).toEqual(words);
    expect(() => keyring.openSealed(box, words)).toThrow();
    expect(() => other.openSealed(box, context)).toThrow();
  });

  it('never prints a secret', () => {
    const keyring = Keyring.fromSeed(SEED);
    const printed = [
      String(keyring),
      JSON.stringify({ keyring }),
      inspect(keyring, { depth: 9, showHidden: true }),
    ].join('\n');
    expect(printed).not.toContain(bytesToHex(SEED));
    expect(printed).not.toContain(bytesToHex(SEED.subarray(0, 8)));
    expect(JSON.stringify(keyring)).toBe(`"Keyring:${keyring.verifyingKeyHex.slice(0, 16)}"`);
  });
});
