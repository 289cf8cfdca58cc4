import { describe, expect, it } from '@jest/globals';
import * as oracle from '@nucypher/umbral-pre';
import * as fc from 'fast-check';
import { utf8ToBytes } from '../../src/bytes.js';
import { randomScalar } from '../../src/group/scalar.js';
import * as umbral from '../../src/umbral/index.js';
import { backends } from '../group/backends.js';
import { toOracle, twinStreams, withRandomness } from './oracle.js';
import { tellStory } from './parties.js';

const FLAGS = [
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const;

const SHAPES = [
  [1, 1],
  [1, 3],
  [2, 3],
  [3, 3],
  [4, 7],
] as const;

type EvidencePoint = Exclude<
  keyof umbral.ReencryptionEvidence & keyof oracle.ReencryptionEvidence,
  'toBytes' | 'toString' | 'kfragSignatureV' | 'kfragValidityMessageHash'
>;

describe.each(backends)('with umbral-pre, on %s', (name, backend) => {
  const story = tellStory(backend, `interop ${name}`);
  const { options, capsule, ciphertext, dek } = story;
  const theirs = {
    delegatingSk: toOracle.secretKey(story.delegatingSk),
    receivingSk: toOracle.secretKey(story.receivingSk),
    signingSk: toOracle.secretKey(story.signingSk),
    delegatingPk: toOracle.publicKey(story.delegatingPk),
    receivingPk: toOracle.publicKey(story.receivingPk),
    verifyingPk: toOracle.publicKey(story.verifyingPk),
    capsule: toOracle.capsule(capsule),
  };

  describe('under one stream of randomness, gives the same bytes for', () => {
    it('new secret keys, their public keys, and factories', () => {
      const [ours, twin] = twinStreams('keys');
      for (let i = 0; i < 20; i += 1) {
        const our = umbral.SecretKey.random({ rng: ours });
        const their = withRandomness(twin, () => oracle.SecretKey.random());
        expect(our.toBEBytes()).toEqual(their.toBEBytes());
        expect(our.publicKey({ backend }).toCompressedBytes()).toEqual(
          their.publicKey().toCompressedBytes(),
        );
      }
      const label = utf8ToBytes('label');
      expect(umbral.SecretKeyFactory.random({ rng: ours }).makeSecret(label)).toEqual(
        withRandomness(twin, () => oracle.SecretKeyFactory.random()).makeSecret(label),
      );
    });

    it.each([0, 1, 31, 32, 33, 400, 5000])('the encryption of %i bytes', (length) => {
      const [ours, twin] = twinStreams(`encrypt ${length}`);
      const plaintext = ours(length);
      twin(length);
      const [capsule, ciphertext] = umbral.encrypt(story.delegatingPk, plaintext, {
        backend,
        rng: ours,
      });
      const [theirCapsule, theirCiphertext] = withRandomness(twin, () =>
        oracle.encrypt(theirs.delegatingPk, plaintext),
      );
      expect(capsule.toBytes()).toEqual(theirCapsule.toBytes());
      expect(capsule.toBytesSimple()).toEqual(theirCapsule.toBytesSimple());
      expect(ciphertext).toEqual(theirCiphertext);
      expect(ciphertext).toHaveLength(length + 40);
    });

    it.each(SHAPES.flatMap((shape) => FLAGS.map((flags) => [...shape, ...flags] as const)))(
      '%i of %i kfrags that sign the delegating key: %p, the receiving key: %p',
      (threshold, shares, signDelegating, signReceiving) => {
        const [ours, twin] = twinStreams(`kfrags ${threshold} ${shares}`);
        const kfrags = umbral.generateKFrags(
          story.delegatingSk,
          story.receivingPk,
          story.signer,
          threshold,
          shares,
          signDelegating,
          signReceiving,
          { backend, rng: ours },
        );
        const signer = new oracle.Signer(theirs.signingSk);
        const theirKfrags = withRandomness(twin, () =>
          oracle.generateKFrags(
            theirs.delegatingSk,
            theirs.receivingPk,
            signer,
            threshold,
            shares,
            signDelegating,
            signReceiving,
          ),
        );
        expect(kfrags.map((kfrag) => kfrag.toBytes())).toEqual(
          theirKfrags.map((kfrag) => kfrag.toBytes()),
        );
      },
    );

    it('re-encryption', () => {
      const [ours, twin] = twinStreams('reencrypt');
      for (const kfrag of story.kfrags) {
        const cfrag = umbral.reencrypt(capsule, kfrag, { backend, rng: ours });
        const theirCfrag = withRandomness(twin, () =>
          oracle.reencrypt(theirs.capsule, toOracle.keyFrag(kfrag).skipVerification()),
        );
        expect(cfrag.toBytes()).toEqual(theirCfrag.toBytes());
        expect(cfrag.toBytesSimple()).toEqual(theirCfrag.toBytesSimple());
      }
    });

    it('signatures', () => {
      const [ours, twin] = twinStreams('sign');
      const signer = new oracle.Signer(theirs.signingSk);
      for (let length = 0; length < 200; length += 9) {
        const message = new Uint8Array(length).fill(length);
        const signature = story.signer.sign(message, { backend, rng: ours });
        const theirSignature = withRandomness(twin, () => signer.sign(message));
        expect(signature.toBEBytes()).toEqual(theirSignature.toBEBytes());
        expect(signature.toDerBytes()).toEqual(theirSignature.toDerBytes());
      }
    });
  });

  it('derives the same keys, secrets and factories by label', () => {
    const seed = options.rng(umbral.SecretKeyFactory.seedSize());
    const our = umbral.SecretKeyFactory.fromSecureRandomness(seed);
    const their = oracle.SecretKeyFactory.fromSecureRandomness(seed);
    expect(umbral.SecretKeyFactory.seedSize()).toBe(oracle.SecretKeyFactory.seedSize());
    for (const text of ['', 'a', 'patient|imaging|3', 'é', 'x'.repeat(300)]) {
      const label = utf8ToBytes(text);
      expect(our.makeKey(label).toBEBytes()).toEqual(their.makeKey(label).toBEBytes());
      expect(our.makeSecret(label)).toEqual(their.makeSecret(label));
      expect(our.makeFactory(label).makeKey(label).toBEBytes()).toEqual(
        their.makeFactory(label).makeKey(label).toBEBytes(),
      );
    }
  });

  it('has the same second generator', () => {
    expect(new umbral.Parameters().u.coordinates()).toEqual(
      new oracle.Parameters().u.coordinates(),
    );
  });

  it('verifies their signatures, and they ours, in both forms', () => {
    const message = utf8ToBytes('message');
    const our = story.signer.sign(message, options);
    const their = new oracle.Signer(theirs.delegatingSk).sign(message);
    expect(toOracle.signature(our).verify(theirs.verifyingPk, message)).toBe(true);
    expect(
      oracle.Signature.fromDerBytes(our.toDerBytes()).verify(theirs.verifyingPk, message),
    ).toBe(true);
    for (const decoded of [
      umbral.Signature.fromBEBytes(their.toBEBytes()),
      umbral.Signature.fromDerBytes(their.toDerBytes()),
    ]) {
      expect(decoded.verify(story.delegatingPk, message, options)).toBe(true);
      expect(decoded.verify(story.verifyingPk, message, options)).toBe(false);
      expect(decoded.verify(story.delegatingPk, utf8ToBytes('massage'), options)).toBe(false);
    }
  });

  it('recovers the same key from a recoverable signature', () => {
    for (let i = 0; i < 10; i += 1) {
      const digest = options.rng(32);
      const signed = backend.ecdsaSign(digest, randomScalar(options.rng), options.rng(32));
      const bytes = Uint8Array.of(...signed.bytes, signed.recoveryId);
      const our = umbral.PublicKey.recoverFromPrehash(
        digest,
        umbral.RecoverableSignature.fromBEBytes(bytes),
        options,
      );
      const their = oracle.PublicKey.recoverFromPrehash(
        digest,
        oracle.RecoverableSignature.fromBEBytes(bytes),
      );
      expect(our.toCompressedBytes()).toEqual(their.toCompressedBytes());
    }
  });

  it('decrypts what they encrypted, and they what we did', () => {
    expect(oracle.decryptOriginal(theirs.delegatingSk, theirs.capsule, ciphertext)).toEqual(dek);
    const [theirCapsule, theirCiphertext] = oracle.encrypt(theirs.delegatingPk, dek);
    const decoded = umbral.Capsule.fromBytes(theirCapsule.toBytes(), options);
    expect(umbral.decryptOriginal(story.delegatingSk, decoded, theirCiphertext, options)).toEqual(
      dek,
    );
    expect(decoded.toBytes()).toEqual(theirCapsule.toBytes());
  });

  it.each(FLAGS)(
    'serves as proxy and opens for them (delegating key signed: %p, receiving: %p)',
    (signDelegating, signReceiving) => {
      const signer = new oracle.Signer(theirs.signingSk);
      const theirKfrags = oracle.generateKFrags(
        theirs.delegatingSk,
        theirs.receivingPk,
        signer,
        2,
        3,
        signDelegating,
        signReceiving,
      );
      const cfrags = theirKfrags.map((kfrag) => {
        const decoded = umbral.KeyFrag.fromBytes(kfrag.toBytes(), options);
        expect(decoded.toBytes()).toEqual(kfrag.toBytes());
        const verified = decoded.verify(
          story.verifyingPk,
          signDelegating ? story.delegatingPk : null,
          signReceiving ? story.receivingPk : undefined,
          options,
        );
        return umbral.reencrypt(capsule, verified, options);
      });
      const theirCfrags = cfrags.map((cfrag) =>
        toOracle
          .capsuleFrag(cfrag)
          .verify(theirs.capsule, theirs.verifyingPk, theirs.delegatingPk, theirs.receivingPk),
      );
      for (const subset of [theirCfrags.slice(0, 2), theirCfrags.slice(1), theirCfrags]) {
        expect(
          oracle.decryptReencrypted(
            theirs.receivingSk,
            theirs.delegatingPk,
            theirs.capsule,
            subset,
            ciphertext,
          ),
        ).toEqual(dek);
      }
    },
  );

  it.each(FLAGS)(
    'lets them serve as proxy and opens itself (delegating key signed: %p, receiving: %p)',
    (signDelegating, signReceiving) => {
      const kfrags = umbral.generateKFrags(
        story.delegatingSk,
        story.receivingPk,
        story.signer,
        2,
        3,
        signDelegating,
        signReceiving,
        options,
      );
      const cfrags = kfrags.map((kfrag) => {
        const verified = toOracle
          .keyFrag(kfrag)
          .verify(
            theirs.verifyingPk,
            signDelegating ? theirs.delegatingPk : null,
            signReceiving ? theirs.receivingPk : null,
          );
        const theirCfrag = oracle.reencrypt(theirs.capsule, verified);
        const decoded = umbral.CapsuleFrag.fromBytes(theirCfrag.toBytes(), options);
        expect(decoded.toBytes()).toEqual(theirCfrag.toBytes());
        expect(
          umbral.CapsuleFrag.fromBytesSimple(theirCfrag.toBytesSimple(), options).equals(decoded),
        ).toBe(true);
        return decoded.verify(
          capsule,
          story.verifyingPk,
          story.delegatingPk,
          story.receivingPk,
          options,
        );
      });
      for (const subset of [cfrags.slice(0, 2), cfrags.slice(1), cfrags]) {
        expect(
          umbral.decryptReencrypted(
            story.receivingSk,
            story.delegatingPk,
            capsule,
            subset,
            ciphertext,
            options,
          ),
        ).toEqual(dek);
      }
    },
  );

  it('opens, and lets them open, with any mixture of their proxies and ours', () => {
    const plan = fc.record({
      shares: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
      threshold: fc.nat(),
      flags: fc.tuple(fc.boolean(), fc.boolean()),
      isDelegatorOurs: fc.boolean(),
      plaintext: fc.uint8Array({ maxLength: 64 }),
    });
    fc.assert(
      fc.property(plan, ({ shares, threshold, flags, isDelegatorOurs, plaintext }) => {
        const counts = [1 + (threshold % shares.length), shares.length] as const;
        const kfrags = isDelegatorOurs
          ? umbral.generateKFrags(
              story.delegatingSk,
              story.receivingPk,
              story.signer,
              ...counts,
              ...flags,
              options,
            )
          : oracle.generateKFrags(
              theirs.delegatingSk,
              theirs.receivingPk,
              new oracle.Signer(theirs.signingSk),
              ...counts,
              ...flags,
            );
        const [capsule, ciphertext] = umbral.encrypt(story.delegatingPk, plaintext, options);
        const theirCapsule = toOracle.capsule(capsule);
        const cfrags = kfrags.map((kfrag, i) => {
          if (shares[i] === true) {
            const received = umbral.KeyFrag.fromBytes(kfrag.toBytes(), options);
            const keys = [story.verifyingPk, story.delegatingPk, story.receivingPk] as const;
            return umbral.reencrypt(capsule, received.verify(...keys, options), options).toBytes();
          }
          const received = oracle.KeyFrag.fromBytes(kfrag.toBytes());
          const keys = [theirs.verifyingPk, theirs.delegatingPk, theirs.receivingPk] as const;
          return oracle.reencrypt(theirCapsule, received.verify(...keys)).toBytes();
        });
        const opened = umbral.decryptReencrypted(
          story.receivingSk,
          story.delegatingPk,
          capsule,
          cfrags.map((cfrag) =>
            umbral.CapsuleFrag.fromBytes(cfrag, options).verify(
              capsule,
              story.verifyingPk,
              story.delegatingPk,
              story.receivingPk,
              options,
            ),
          ),
          ciphertext,
          options,
        );
        const theyOpened = oracle.decryptReencrypted(
          theirs.receivingSk,
          theirs.delegatingPk,
          theirCapsule,
          cfrags.map((cfrag) =>
            oracle.CapsuleFrag.fromBytes(cfrag).verify(
              theirCapsule,
              theirs.verifyingPk,
              theirs.delegatingPk,
              theirs.receivingPk,
            ),
          ),
          ciphertext,
        );
        expect(opened).toEqual(plaintext);
        expect(theyOpened).toEqual(plaintext);
      }),
      { numRuns: (name === 'native' ? 60 : 8) * (process.env['SLOW'] === '1' ? 10 : 1) },
    );
  });

  it('works out the same evidence', () => {
    const keys = [story.verifyingPk, story.delegatingPk, story.receivingPk] as const;
    for (const cfrag of story.cfrags) {
      const our = new umbral.ReencryptionEvidence(capsule, cfrag, ...keys, options);
      const their = new oracle.ReencryptionEvidence(
        theirs.capsule,
        toOracle.capsuleFrag(cfrag).skipVerification(),
        theirs.verifyingPk,
        theirs.delegatingPk,
        theirs.receivingPk,
      );
      expect(our.toBytes()).toEqual(their.toBytes());
      expect(our.kfragSignatureV).toBe(their.kfragSignatureV);
      expect(our.kfragValidityMessageHash).toEqual(their.kfragValidityMessageHash);
      const names = 'e ez e1 e1h e2 v vz v1 v1h v2 uz u1 u1h u2'.split(' ') as EvidencePoint[];
      for (const point of names) {
        expect(our[point].coordinates()).toEqual(their[point].coordinates());
      }
      const decoded = umbral.ReencryptionEvidence.fromBytes(their.toBytes(), options);
      expect(decoded.toBytes()).toEqual(their.toBytes());
      expect(oracle.ReencryptionEvidence.fromBytes(our.toBytes()).toBytes()).toEqual(our.toBytes());
    }
  });

  it('exports every name that they export', () => {
    const missing = Object.keys(oracle).filter(
      (key) => /^[A-Za-z]/.test(key) && key !== 'default' && !(key in umbral),
    );
    expect(missing.filter((key) => key !== 'module.exports')).toEqual([]);
  });
});
