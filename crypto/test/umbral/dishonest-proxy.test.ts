import { describe, expect, it } from '@jest/globals';
import { addScalars, multiplyScalars, randomScalar } from '../../src/group/scalar.js';
import type { Scalar } from '../../src/group/scalar.js';
import { challengeOf, ownCapsuleFrag } from '../../src/umbral/capsule-frag.js';
import { partsOfCapsule } from '../../src/umbral/capsule.js';
import { CapsuleFrag } from '../../src/umbral/index.js';
import { partsOfKeyFrag } from '../../src/umbral/key-frag.js';
import { backends } from '../group/backends.js';
import { toOracle } from './oracle.js';
import { codeOf, tellStory } from './parties.js';

/**
 * A proxy that knows its kfrag and lies as well as it can: the exponents of E1 and V1 and the secret
 * behind the proof are its choice, the challenge is computed over what it sends, so that every
 * equation of the proof holds but the one that is lied about.
 */
describe.each(backends)('a cfrag from a dishonest proxy, on %s,', (name, backend) => {
  const story = tellStory(backend, `dishonest ${name}`);
  const { capsule, options } = story;
  const { e, v } = partsOfCapsule(capsule);
  const kfrag = partsOfKeyFrag(story.kfrags[0]!);
  const lie = addScalars(kfrag.rk, 1n);
  const keys = [story.verifyingPk, story.delegatingPk, story.receivingPk] as const;

  const answer = (ofE: Scalar, ofV: Scalar, proven: Scalar) => {
    const tau = randomScalar(options.rng);
    const parts = {
      e1: backend.mulSecret(e, ofE),
      v1: backend.mulSecret(v, ofV),
      kfragId: kfrag.id,
      precursor: kfrag.precursor,
      e2: backend.mulSecret(e, tau),
      v2: backend.mulSecret(v, tau),
      commitment: kfrag.commitment,
      u2: backend.mulU(tau),
    };
    const z = addScalars(tau, multiplyScalars(proven, challengeOf(capsule, parts)));
    return ownCapsuleFrag({ ...parts, z, kfragSignature: kfrag.signatureForReceiver }).toBytes();
  };
  const codeOfVerifying = (data: Uint8Array) =>
    codeOf(() => CapsuleFrag.fromBytes(data, options).verify(capsule, ...keys, options));

  it('passes when all exponents are the kfrag’s, so that this test lies in one place only', () => {
    expect(codeOfVerifying(answer(kfrag.rk, kfrag.rk, kfrag.rk))).toBeNull();
  });

  it.each([
    ['E1 alone', lie, kfrag.rk, kfrag.rk],
    ['V1 alone', kfrag.rk, lie, kfrag.rk],
    ['the exponent of both, against the commitment that the delegator signed', lie, lie, lie],
  ])('is refused when it lies about %s, as umbral-pre refuses it', (_what, ofE, ofV, proven) => {
    const data = answer(ofE, ofV, proven);
    expect(codeOfVerifying(data)).toBe('CFRAG_INVALID');
    const theirs = toOracle.capsuleFrag(CapsuleFrag.fromBytes(data, options));
    expect(() =>
      theirs.verify(
        toOracle.capsule(capsule),
        toOracle.publicKey(story.verifyingPk),
        toOracle.publicKey(story.delegatingPk),
        toOracle.publicKey(story.receivingPk),
      ),
    ).toThrow();
  });

  it('is refused when it passes off another kfrag of the same delegation', () => {
    const [one, two] = story.cfrags.map((cfrag) => cfrag.toBytesSimple()) as [
      Uint8Array,
      Uint8Array,
    ];
    const swappedId = Uint8Array.from(one);
    swappedId.set(two.subarray(66, 98), 66);
    const swappedSignature = Uint8Array.from(one);
    swappedSignature.set(two.subarray(295), 295);
    const swappedCommitment = Uint8Array.from(one);
    swappedCommitment.set(two.subarray(197, 230), 197);
    for (const data of [swappedId, swappedSignature, swappedCommitment]) {
      const cfrag = CapsuleFrag.fromBytesSimple(data, options);
      expect(codeOf(() => cfrag.verify(capsule, ...keys, options))).toBe('CFRAG_INVALID');
    }
  });
});
