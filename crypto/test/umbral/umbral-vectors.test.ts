import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '../../src/bytes.js';
import type { Rng } from '../../src/rng.js';
import { openWithSeed, sealWithSeed } from '../../src/umbral/dem.js';
import {
  Capsule,
  CapsuleFrag,
  KeyFrag,
  ReencryptionEvidence,
  SecretKey,
  SecretKeyFactory,
  Signature,
  Signer,
  decryptOriginal,
  decryptReencrypted,
  encrypt,
  generateKFrags,
  reencrypt,
} from '../../src/umbral/index.js';
import { hashToScalar } from '../../src/umbral/transcript.js';
import { backends } from '../group/backends.js';

interface Vectors {
  keys: { random: string; sk: string; pk: string }[];
  factories: { seed: string; label: string; key: string; secret: string; keyOfFactory: string }[];
  signatures: { message: string; random: string; signature: string; der: string }[];
  encryptions: {
    random: string;
    plaintext: string;
    capsule: string;
    capsuleSimple: string;
    ciphertext: string;
  }[];
  delegations: {
    threshold: number;
    signDelegatingKey: boolean;
    signReceivingKey: boolean;
    random: string;
    kfrags: string[];
    answers: { random: string; cfrag: string; cfragSimple: string; evidence: string }[];
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors/umbral.json', import.meta.url), 'utf8'),
) as Vectors;

/** Gives the recorded bytes in order, and fails when more are asked for than were recorded. */
function replay(randomHex: string): Rng {
  let rest = hexToBytes(randomHex);
  return (length) => {
    const drawn = rest.slice(0, length);
    rest = rest.slice(length);
    return drawn;
  };
}

describe('hash to scalar', () => {
  it.each([
    [['abc'], '47c2fb536e94d776c63e387f2583de66271aceac7942140096867c739f715a67'],
    [[], '1673dd6c808a67e6485d0fa303df70518cbb70fccf525819192358a03977b2ba'],
  ])('of TEST_DST and %p is the known value', (parts, expected) => {
    const scalar = hashToScalar(utf8ToBytes('TEST_DST'), ...parts.map(utf8ToBytes));
    expect(scalar.toString(16).padStart(64, '0')).toBe(expected);
  });
});

describe('data encapsulation', () => {
  const seedOfG = hexToBytes('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798');
  const keyOfG = hexToBytes('cfebd3c6d0f44caec9e8893f8f5367fb62a88d2edd9e0d78d8c4b9a5ed65da80');

  it('is XChaCha20-Poly1305 under the known key of the point G', () => {
    const [nonce, aad, text] = [
      new Uint8Array(24).fill(9),
      utf8ToBytes('aad'),
      utf8ToBytes('text'),
    ];
    const sealed = sealWithSeed(seedOfG, text, aad, () => nonce);
    expect(sealed.subarray(0, 24)).toEqual(nonce);
    expect(sealed.subarray(24)).toEqual(xchacha20poly1305(keyOfG, nonce, aad).encrypt(text));
    expect(openWithSeed(seedOfG, sealed, aad)).toEqual(text);
  });
});

describe.each(backends)('vectors of umbral-pre, on %s', (_name, backend) => {
  const [delegatingSk, receivingSk, signingSk] = vectors.keys.map(({ sk }) =>
    SecretKey.fromBEBytes(hexToBytes(sk)),
  ) as [SecretKey, SecretKey, SecretKey];
  const delegatingPk = delegatingSk.publicKey({ backend });
  const receivingPk = receivingSk.publicKey({ backend });
  const verifyingPk = signingSk.publicKey({ backend });
  const signer = new Signer(signingSk);
  const main = vectors.encryptions[2]!;
  const capsule = Capsule.fromBytes(hexToBytes(main.capsule), { backend });

  it.each(vectors.keys)('key $pk', ({ random, sk, pk }) => {
    const secretKey = SecretKey.random({ rng: replay(random) });
    expect(bytesToHex(secretKey.toBEBytes())).toBe(sk);
    expect(bytesToHex(secretKey.publicKey({ backend }).toCompressedBytes())).toBe(pk);
  });

  it.each(vectors.factories)('factory of label "$label"', (vector) => {
    const factory = SecretKeyFactory.fromSecureRandomness(hexToBytes(vector.seed));
    const label = hexToBytes(vector.label);
    expect(bytesToHex(factory.makeKey(label).toBEBytes())).toBe(vector.key);
    expect(bytesToHex(factory.makeSecret(label))).toBe(vector.secret);
    expect(bytesToHex(factory.makeFactory(label).makeKey(label).toBEBytes())).toBe(
      vector.keyOfFactory,
    );
  });

  it.each(vectors.signatures)('signature over "$message"', (vector) => {
    const message = hexToBytes(vector.message);
    const signature = signer.sign(message, { backend, rng: replay(vector.random) });
    expect(bytesToHex(signature.toBEBytes())).toBe(vector.signature);
    expect(bytesToHex(signature.toDerBytes())).toBe(vector.der);
    expect(Signature.fromDerBytes(hexToBytes(vector.der)).equals(signature)).toBe(true);
    expect(signature.verify(verifyingPk, message, { backend })).toBe(true);
  });

  it.each(vectors.encryptions)('encryption of "$plaintext"', (vector) => {
    const plaintext = hexToBytes(vector.plaintext);
    const [made, ciphertext] = encrypt(delegatingPk, plaintext, {
      backend,
      rng: replay(vector.random),
    });
    expect(bytesToHex(made.toBytes())).toBe(vector.capsule);
    expect(bytesToHex(made.toBytesSimple())).toBe(vector.capsuleSimple);
    expect(bytesToHex(ciphertext)).toBe(vector.ciphertext);
    const read = Capsule.fromBytesSimple(hexToBytes(vector.capsuleSimple), { backend });
    expect(read.equals(made)).toBe(true);
    expect(decryptOriginal(delegatingSk, read, hexToBytes(vector.ciphertext), { backend })).toEqual(
      plaintext,
    );
  });

  it.each(vectors.delegations)(
    'delegation $threshold of $kfrags.length, keys signed: $signDelegatingKey $signReceivingKey',
    (vector) => {
      const kfrags = generateKFrags(
        delegatingSk,
        receivingPk,
        signer,
        vector.threshold,
        vector.kfrags.length,
        vector.signDelegatingKey,
        vector.signReceivingKey,
        { backend, rng: replay(vector.random) },
      );
      expect(kfrags.map((kfrag) => bytesToHex(kfrag.toBytes()))).toEqual(vector.kfrags);

      const cfrags = vector.answers.map((answer, i) => {
        const kfrag = KeyFrag.fromBytes(hexToBytes(vector.kfrags[i]!), { backend });
        const verified = kfrag.verify(verifyingPk, delegatingPk, receivingPk, { backend });
        const cfrag = reencrypt(capsule, verified, { backend, rng: replay(answer.random) });
        expect(bytesToHex(cfrag.toBytes())).toBe(answer.cfrag);
        expect(bytesToHex(cfrag.toBytesSimple())).toBe(answer.cfragSimple);
        const received = CapsuleFrag.fromBytes(hexToBytes(answer.cfrag), { backend });
        const keys = [verifyingPk, delegatingPk, receivingPk] as const;
        const evidence = new ReencryptionEvidence(capsule, cfrag, ...keys, { backend });
        expect(bytesToHex(evidence.toBytes())).toBe(answer.evidence);
        return received.verify(capsule, ...keys, { backend });
      });

      const opened = decryptReencrypted(
        receivingSk,
        delegatingPk,
        capsule,
        cfrags.slice(-vector.threshold),
        hexToBytes(main.ciphertext),
        { backend },
      );
      expect(bytesToHex(opened)).toBe(main.plaintext);
    },
  );
});
