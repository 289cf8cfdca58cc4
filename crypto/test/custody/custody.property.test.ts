import { secp256k1 } from '@noble/curves/secp256k1.js';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { bytesToHex, utf8ToBytes } from '../../src/bytes.js';
import {
  combineDealings,
  decryptWithCustodians,
  KeyShare,
  Partial,
  recoverSecretKey,
  reshare,
  reshareCommitments,
  ShareCommitments,
  shareSecretKey,
} from '../../src/custody/index.js';
import type { SharedKey, SharingShape, VerifiedPartial } from '../../src/custody/index.js';
import { decryptOriginal, encrypt, SecretKey } from '../../src/umbral/index.js';
import type { Capsule } from '../../src/umbral/index.js';
import { backends } from '../group/backends.js';
import { codeOf } from '../umbral/parties.js';

const DEK = Uint8Array.from({ length: 32 }, (_, i) => i);
const TICKET = utf8ToBytes('ticket 1');
const ORDER = secp256k1.Point.Fn.ORDER;

/** A shape, and which custodians answer. */
const shapeAndAnswers = fc.integer({ min: 1, max: 7 }).chain((shares) =>
  fc.integer({ min: 1, max: shares }).chain((threshold) =>
    fc.record({
      shape: fc.constant({ threshold, shares }),
      answers: fc.shuffledSubarray(
        Array.from({ length: shares }, (_, i) => i + 1),
        { minLength: threshold },
      ),
      others: fc
        .integer({ min: 1, max: 7 })
        .chain((n) =>
          fc.record({ shares: fc.constant(n), threshold: fc.integer({ min: 1, max: n }) }),
        ),
    }),
  ),
);

const scalarOf = (share: KeyShare): bigint => BigInt(`0x${bytesToHex(share.toBytes().slice(1))}`);

/** The oracle: Shamir's scheme written down once more, over plain bigints. */
function interpolateAtZero(points: readonly (readonly [x: bigint, y: bigint])[]): bigint {
  const mod = (a: bigint): bigint => ((a % ORDER) + ORDER) % ORDER;
  let sum = 0n;
  for (const [xi, yi] of points) {
    let weight = yi;
    for (const [xj] of points) {
      if (xj !== xi) weight = mod(weight * mod(xj * secp256k1.Point.Fn.inv(mod(xj - xi))));
    }
    sum = mod(sum + weight);
  }
  return sum;
}

describe.each(backends)('threshold custody on %s', (name, backend) => {
  const options = { backend };
  const numRuns = name === 'native' ? 60 : 6;

  interface Story extends SharedKey {
    readonly secretKey: SecretKey;
    readonly capsule: Capsule;
    readonly ciphertext: Uint8Array;
  }

  function tell(shape: SharingShape): Story {
    const secretKey = SecretKey.random();
    const shared = shareSecretKey(secretKey, shape, options);
    const [capsule, ciphertext] = encrypt(shared.commitments.publicKey, DEK, options);
    return { ...shared, secretKey, capsule, ciphertext };
  }

  const answer = ({ capsule, commitments }: Story, share: KeyShare): VerifiedPartial =>
    Partial.fromBytes(Partial.compute(share, capsule, TICKET, options).toBytes(), options).verify(
      capsule,
      commitments,
      TICKET,
      options,
    );

  const pick = (shares: readonly KeyShare[], indices: readonly number[]): KeyShare[] =>
    indices.map((index) => shares[index - 1]!);

  it('opens with any custodians that are enough, and gives what the owner gets', () => {
    fc.assert(
      fc.property(shapeAndAnswers, ({ shape, answers }) => {
        const story = tell(shape);
        const { capsule, ciphertext, commitments, secretKey, shares } = story;
        const partials = pick(shares, answers).map((share) => answer(story, share));
        const opened = decryptWithCustodians(commitments, capsule, partials, ciphertext, options);
        expect(opened).toEqual(DEK);
        expect(decryptOriginal(secretKey, capsule, ciphertext, options)).toEqual(opened);
      }),
      { numRuns },
    );
  });

  it('shares as Shamir and commits as Feldman, by another implementation', () => {
    fc.assert(
      fc.property(shapeAndAnswers, ({ shape, answers }) => {
        const { commitments, secretKey, shares } = tell(shape);
        const points = pick(shares, answers).map((s) => [BigInt(s.index), scalarOf(s)] as const);
        const secret = BigInt(`0x${bytesToHex(secretKey.toBEBytes())}`);
        expect(interpolateAtZero(points)).toBe(secret);
        const coefficients = Array.from({ length: shape.threshold }, (_, k) =>
          secp256k1.Point.fromBytes(commitments.toBytes().slice(33 * k, 33 * (k + 1))),
        );
        for (const share of shares) {
          const committed = coefficients.reduceRight(
            (sum, point) => sum.multiplyUnsafe(BigInt(share.index)).add(point),
            secp256k1.Point.ZERO,
          );
          expect(secp256k1.Point.BASE.multiply(scalarOf(share)).equals(committed)).toBe(true);
        }
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    );
  });

  it('gives the shared key back to whoever brings enough shares', () => {
    fc.assert(
      fc.property(shapeAndAnswers, ({ shape, answers }) => {
        const { secretKey, shares } = tell(shape);
        const recovered = recoverSecretKey(pick(shares, answers), options);
        expect(recovered.toBEBytes()).toEqual(secretKey.toBEBytes());
      }),
      { numRuns },
    );
  });

  it('refuses fewer than the threshold, and what fewer interpolate to opens nothing', () => {
    fc.assert(
      fc.property(shapeAndAnswers, ({ shape, answers }) => {
        fc.pre(shape.threshold > 1);
        const story = tell(shape);
        const few = pick(story.shares, answers.slice(0, shape.threshold - 1));
        const { capsule, ciphertext, commitments } = story;
        const partials = few.map((share) => answer(story, share));
        const open = () =>
          decryptWithCustodians(commitments, capsule, partials, ciphertext, options);
        expect(codeOf(open)).toBe('SHARES_INSUFFICIENT');
        expect(codeOf(() => recoverSecretKey(few, options))).toBe('SHARES_INSUFFICIENT');

        const guess = interpolateAtZero(few.map((s) => [BigInt(s.index), scalarOf(s)] as const));
        const guessed = SecretKey.fromBEBytes(
          Uint8Array.from(Buffer.from(guess.toString(16).padStart(64, '0'), 'hex')),
        );
        const openGuessed = () => decryptOriginal(guessed, capsule, ciphertext, options);
        expect(codeOf(openGuessed)).toBe('DECRYPTION_FAILED');
      }),
      { numRuns: Math.ceil(numRuns / 2) },
    );
  });

  it('hands the key on to other custodians without putting it together', () => {
    fc.assert(
      fc.property(shapeAndAnswers, ({ shape, answers, others }) => {
        const story = tell(shape);
        const { capsule, ciphertext, commitments: old, shares } = story;
        const dealings = pick(shares, answers).map((share) => reshare(share, others, options));
        const commitments = reshareCommitments(old, dealings, options);
        expect(commitments.publicKey.equals(old.publicKey)).toBe(true);
        expect(commitments.threshold).toBe(others.threshold);

        const renewed = Array.from({ length: others.shares }, (_, i) => {
          const dealt = dealings.map(({ dealer, commitments: own, shares: dealtShares }) => ({
            dealer,
            share: KeyShare.fromBytes(dealtShares[i]!.toBytes(), own, options),
          }));
          return combineDealings(old, dealt, options);
        });
        expect(renewed.every((share) => share.commitments.equals(commitments))).toBe(true);
        const enough = renewed.slice(-others.threshold);
        const partials = enough.map((share) => answer({ ...story, commitments }, share));
        const opened = decryptWithCustodians(commitments, capsule, partials, ciphertext, options);
        expect(opened).toEqual(DEK);

        fc.pre(shape.threshold > 1 || others.threshold > 1); // one of one is the key itself
        const stale = () => KeyShare.fromBytes(shares[0]!.toBytes(), commitments, options);
        expect(codeOf(stale)).toBe('SHARE_INVALID');
      }),
      { numRuns: Math.ceil(numRuns / 3) },
    );
  });

  it('is not moved by any flipped bit of a share, a partial or the commitments', () => {
    const story = tell({ threshold: 2, shares: 3 });
    const { capsule, commitments, shares } = story;
    const partial = Partial.compute(shares[0]!, capsule, TICKET, options);
    const targets: readonly (readonly [Uint8Array, (bytes: Uint8Array) => unknown])[] = [
      [shares[0]!.toBytes(), (bytes) => KeyShare.fromBytes(bytes, commitments, options)],
      [
        partial.toBytes(),
        (bytes) => Partial.fromBytes(bytes, options).verify(capsule, commitments, TICKET, options),
      ],
      [
        commitments.toBytes(),
        (bytes) =>
          KeyShare.fromBytes(
            shares[0]!.toBytes(),
            ShareCommitments.fromBytes(bytes, options),
            options,
          ),
      ],
    ];
    const flips = fc.integer({ min: 0, max: 2 }).chain((target) =>
      fc.record({
        target: fc.constant(target),
        bit: fc.integer({ min: 0, max: targets[target]![0].length * 8 - 1 }),
      }),
    );
    fc.assert(
      fc.property(flips, ({ target, bit }) => {
        const [bytes, decode] = targets[target]!;
        const changed = Uint8Array.from(bytes);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(codeOf(() => decode(changed))).toMatch(
          /^(SHARE_INVALID|PARTIAL_INVALID|POINT_INVALID|SCALAR_INVALID|COMMITMENTS_INVALID)$/,
        );
      }),
      { numRuns: numRuns * 5 },
    );
  });
});
