import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { GroupBackend } from '../../src/group/group-backend.js';
import { bytesToHex, concatBytes } from '../../src/bytes.js';
import {
  invertScalar,
  multiplyScalars,
  scalarToBytes,
  subtractScalars,
} from '../../src/group/scalar.js';
import { derivedRng, systemRng } from '../../src/rng.js';
import { challengeOf, partsOfCapsuleFrag } from '../../src/umbral/capsule-frag.js';
import type { VerifiedCapsuleFrag, VerifiedKeyFrag } from '../../src/umbral/index.js';
import {
  Capsule,
  CapsuleFrag,
  KeyFrag,
  PublicKey,
  SecretKey,
  Signer,
  decryptOriginal,
  decryptReencrypted,
  encrypt,
  generateKFrags,
  reencrypt,
} from '../../src/umbral/index.js';
import { backends } from '../group/backends.js';
import { codeOf, tellStory } from './parties.js';
import type { Story } from './parties.js';

const slow = process.env['SLOW'] === '1' ? 10 : 1;
const runsOf = (backend: GroupBackend, native: number, noble: number) => ({
  numRuns: (backend.name === 'native' ? native : noble) * slow,
});

const open = (story: Story, cfrags: readonly VerifiedCapsuleFrag[]) =>
  decryptReencrypted(
    story.receivingSk,
    story.delegatingPk,
    story.capsule,
    cfrags,
    story.ciphertext,
    story.options,
  );

/** threshold, shares and an order of the shares. */
const shape = fc.integer({ min: 1, max: 6 }).chain((shares) =>
  fc.tuple(
    fc.integer({ min: 1, max: shares }),
    fc.constant(shares),
    fc.shuffledSubarray(
      Array.from({ length: shares }, (_, i) => i),
      { minLength: shares },
    ),
  ),
);

function subsetsOf<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>(
    (subsets, item) => [...subsets, ...subsets.map((subset) => [...subset, item])],
    [[]],
  );
}

describe.each(backends)('threshold re-encryption on %s', (name, backend) => {
  it('opens with exactly those subsets that have the threshold, in any order', () => {
    fc.assert(
      fc.property(shape, fc.string(), ([threshold, shares, order], salt) => {
        const story = tellStory(backend, salt, threshold, shares);
        const shuffled = order.map((i) => story.cfrags[i]!);
        for (const subset of subsetsOf(shuffled).filter(({ length }) => length > 0)) {
          const code = codeOf(() => {
            expect(open(story, subset)).toEqual(story.dek);
          });
          expect(code).toBe(subset.length >= threshold ? null : 'CFRAGS_INSUFFICIENT');
        }
      }),
      runsOf(backend, 25, 2),
    );
  });

  it('gives any plaintext back to the delegator and to the delegatee', () => {
    const { delegatingSk, delegatingPk, receivingSk, kfrags, options } = tellStory(backend, name);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (plaintext) => {
        const [capsule, ciphertext] = encrypt(delegatingPk, plaintext, options);
        expect(ciphertext).toHaveLength(plaintext.length + 40);
        expect(decryptOriginal(delegatingSk, capsule, ciphertext, options)).toEqual(plaintext);
        const cfrags = kfrags.slice(1).map((kfrag) => reencrypt(capsule, kfrag, options));
        expect(
          decryptReencrypted(receivingSk, delegatingPk, capsule, cfrags, ciphertext, options),
        ).toEqual(plaintext);
      }),
      runsOf(backend, 50, 5),
    );
  });

  it('refuses every wrong key, capsule and ciphertext at its own step', () => {
    fc.assert(
      fc.property(fc.string(), (salt) => {
        const story = tellStory(backend, `right ${salt}`);
        const other = tellStory(backend, `other ${salt}`);
        const { options, capsule, ciphertext, cfrags } = story;
        const { delegatingPk, receivingPk, verifyingPk, strangerPk, strangerSk } = story;

        const kfrag = story.kfrags[0]!.unverify();
        for (const keys of [
          [strangerPk, delegatingPk, receivingPk],
          [verifyingPk, strangerPk, receivingPk],
          [verifyingPk, delegatingPk, strangerPk],
          [verifyingPk, receivingPk, delegatingPk],
        ] as const) {
          expect(codeOf(() => kfrag.verify(...keys, options))).toBe('KFRAG_INVALID');
          const cfrag = cfrags[0]!.unverify();
          expect(codeOf(() => cfrag.verify(capsule, ...keys, options))).toBe('CFRAG_INVALID');
        }
        const right = [verifyingPk, delegatingPk, receivingPk] as const;
        const cfrag = cfrags[0]!.unverify();
        expect(codeOf(() => cfrag.verify(other.capsule, ...right, options))).toBe('CFRAG_INVALID');

        const failures: [string, () => unknown][] = [
          ['DECRYPTION_FAILED', () => decryptOriginal(strangerSk, capsule, ciphertext, options)],
          [
            'DECRYPTION_FAILED',
            () => decryptOriginal(story.delegatingSk, other.capsule, ciphertext, options),
          ],
          [
            'DECRYPTION_FAILED',
            () => decryptOriginal(story.delegatingSk, capsule, other.ciphertext, options),
          ],
          ['CFRAGS_INSUFFICIENT', () => open({ ...story, receivingSk: strangerSk }, cfrags)],
          ['CFRAGS_INSUFFICIENT', () => open({ ...story, delegatingPk: strangerPk }, cfrags)],
          ['CFRAGS_INSUFFICIENT', () => open({ ...story, capsule: other.capsule }, cfrags)],
          ['CFRAGS_INSUFFICIENT', () => open(story, other.cfrags)],
          ['DECRYPTION_FAILED', () => open({ ...story, ciphertext: other.ciphertext }, cfrags)],
          ['CFRAGS_MISMATCHED', () => open(story, [cfrags[0]!, other.cfrags[1]!])],
          ['CFRAGS_REPEATED', () => open(story, [cfrags[0]!, cfrags[1]!, cfrags[0]!])],
          ['CFRAGS_EMPTY', () => open(story, [])],
        ];
        for (const [code, run] of failures) expect(codeOf(run)).toBe(code);
      }),
      runsOf(backend, 10, 1),
    );
  });

  it('does not open with answers for another capsule of the same delegation', () => {
    const story = tellStory(backend, `two capsules ${name}`);
    const [second, secondCiphertext] = encrypt(story.delegatingPk, story.dek, story.options);
    const mixed = [story.cfrags[0]!, reencrypt(second, story.kfrags[1]!, story.options)];
    expect(codeOf(() => open(story, mixed))).toBe('CFRAGS_INSUFFICIENT');
    const swapped = { ...story, capsule: second, ciphertext: secondCiphertext };
    expect(codeOf(() => open(swapped, story.cfrags))).toBe('CFRAGS_INSUFFICIENT');
  });

  it('answers the same twice when its randomness is derived from the request', () => {
    const story = tellStory(backend, `derived ${name}`);
    const [second] = encrypt(story.delegatingPk, story.dek, story.options);
    const secret = story.options.rng(32);
    const answer = (capsule: Capsule, kfrag: VerifiedKeyFrag) => {
      const context = concatBytes(capsule.toBytesSimple(), kfrag.toBytes());
      return reencrypt(capsule, kfrag, { backend, rng: derivedRng(secret, context) });
    };
    const [one, two] = [story.kfrags[0]!, story.kfrags[1]!];
    expect(answer(story.capsule, one).equals(answer(story.capsule, one))).toBe(true);
    const nonces = [
      answer(story.capsule, one),
      answer(story.capsule, two),
      answer(second, one),
    ].map((cfrag) => bytesToHex(cfrag.toBytesSimple().subarray(230, 263)));
    expect(new Set(nonces).size).toBe(3);
  });

  it('gives its kfrag away when it uses one nonce for two capsules', () => {
    const story = tellStory(backend, `nonce reuse ${name}`);
    const kfrag = story.kfrags[0]!;
    const [second] = encrypt(story.delegatingPk, story.dek, story.options);
    const nonce = story.options.rng(32);
    const [[z1, h1], [z2, h2]] = [story.capsule, second].map((capsule) => {
      const parts = partsOfCapsuleFrag(reencrypt(capsule, kfrag, { backend, rng: () => nonce }));
      return [parts.z, challengeOf(capsule, parts)];
    }) as [[bigint, bigint], [bigint, bigint]];
    const stolen = multiplyScalars(subtractScalars(z1, z2), invertScalar(subtractScalars(h1, h2)));
    expect(scalarToBytes(stolen)).toEqual(kfrag.toBytes().subarray(73, 105));
  });

  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.string(), (salt) => {
        const { capsule, kfrags, cfrags, delegatingPk, delegatingSk, options } = tellStory(
          backend,
          salt,
        );
        expect(Capsule.fromBytes(capsule.toBytes(), options).equals(capsule)).toBe(true);
        expect(Capsule.fromBytesSimple(capsule.toBytesSimple(), options).equals(capsule)).toBe(
          true,
        );
        expect(
          PublicKey.fromCompressedBytes(delegatingPk.toCompressedBytes(), options).equals(
            delegatingPk,
          ),
        ).toBe(true);
        expect(SecretKey.fromBEBytes(delegatingSk.toBEBytes()).toBEBytes()).toEqual(
          delegatingSk.toBEBytes(),
        );
        for (const [i, kfrag] of kfrags.entries()) {
          const cfrag = cfrags[i]!;
          expect(KeyFrag.fromBytes(kfrag.toBytes(), options).equals(kfrag.unverify())).toBe(true);
          expect(CapsuleFrag.fromBytes(cfrag.toBytes(), options).equals(cfrag.unverify())).toBe(
            true,
          );
          expect(
            CapsuleFrag.fromBytesSimple(cfrag.toBytesSimple(), options).equals(cfrag.unverify()),
          ).toBe(true);
        }
      }),
      runsOf(backend, 20, 2),
    );
  });

  it('rejects random bytes wherever it decodes', () => {
    const decoders = [
      [105, (data: Uint8Array) => Capsule.fromBytes(data, { backend })],
      [98, (data: Uint8Array) => Capsule.fromBytesSimple(data, { backend })],
      [310, (data: Uint8Array) => KeyFrag.fromBytes(data, { backend })],
      [381, (data: Uint8Array) => CapsuleFrag.fromBytes(data, { backend })],
      [359, (data: Uint8Array) => CapsuleFrag.fromBytesSimple(data, { backend })],
    ] as const;
    for (const [length, decode] of decoders) {
      fc.assert(
        fc.property(
          fc.oneof(
            fc.uint8Array({ minLength: length, maxLength: length }),
            fc.uint8Array({ maxLength: 600 }),
          ),
          (data) => {
            expect(codeOf(() => decode(data))).toEqual(
              expect.stringMatching(/^[A-Z]+(_[A-Z]+)*_INVALID$/),
            );
          },
        ),
        { numRuns: 50 },
      );
    }
  });
});

describe('without options', () => {
  it('uses the default backend and the platform’s randomness', () => {
    const sk = SecretKey.random();
    const reader = SecretKey.random();
    const signer = new Signer(SecretKey.random());
    const dek = systemRng(32);
    const [capsule, ciphertext] = encrypt(sk.publicKey(), dek);
    const keys = [signer.verifyingKey(), sk.publicKey(), reader.publicKey()] as const;
    const cfrags = generateKFrags(sk, reader.publicKey(), signer, 1, 1, true, true).map((kfrag) =>
      reencrypt(
        Capsule.fromBytes(capsule.toBytes()),
        KeyFrag.fromBytes(kfrag.toBytes()).verify(...keys),
      ),
    );
    const verified = cfrags.map((cfrag) =>
      CapsuleFrag.fromBytes(cfrag.toBytes()).verify(capsule, ...keys),
    );
    expect(decryptReencrypted(reader, sk.publicKey(), capsule, verified, ciphertext)).toEqual(dek);
    expect(decryptOriginal(sk, capsule, ciphertext)).toEqual(dek);
  });

  it('never makes the same capsule, kfrag or cfrag twice', () => {
    const story = tellStory(backends[0]![1], 'twice');
    const capsules = [1, 2].map(() => encrypt(story.delegatingPk, story.dek)[0]);
    expect(capsules[0]!.equals(capsules[1]!)).toBe(false);
    const [one, two] = [1, 2].map(() => reencrypt(story.capsule, story.kfrags[0]!));
    expect(one!.equals(two!)).toBe(false);
    expect(story.kfrags[0]!.equals(story.kfrags[1]!)).toBe(false);
  });
});
