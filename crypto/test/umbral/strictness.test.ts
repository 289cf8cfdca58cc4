import { describe, expect, it } from '@jest/globals';
import * as oracle from '@nucypher/umbral-pre';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { concatBytes } from '../../src/bytes.js';
import { nobleBackend } from '../../src/group/noble-backend.js';
import type { Point } from '../../src/group/point.js';
import {
  GROUP_ORDER,
  integerFromBytes,
  multiplyScalars,
  randomScalar,
  scalarToBytes,
  subtractScalars,
} from '../../src/group/scalar.js';
import type { SecretKey } from '../../src/umbral/index.js';
import {
  Capsule,
  CapsuleFrag,
  KeyFrag,
  PublicKey,
  RecoverableSignature,
  Signature,
  Signer,
  decryptOriginal,
  generateKFrags,
} from '../../src/umbral/index.js';
import { packArray, packBytes } from '../../src/umbral/message-pack.js';
import { hashCapsulePoints, kfragMessage } from '../../src/umbral/transcript.js';
import { backends } from '../group/backends.js';
import { toOracle } from './oracle.js';
import { codeOf, tellStory } from './parties.js';
import type { Story } from './parties.js';

/** Where the fields stand: docs/protocol.md §4. */
const KFRAG = { u: 4, rk: 73, precursor: 107, commitment: 143, forProxy: 178, forReceiver: 244 };
const CFRAG = { e1: 3, precursor: 107, u1: 213, signature: 317 };

/** `data` with `length` bytes at `offset` replaced. */
function splice(data: Uint8Array, offset: number, length: number, ...bytes: Uint8Array[]) {
  return concatBytes(data.subarray(0, offset), ...bytes, data.subarray(offset + length));
}

const overwrite = (data: Uint8Array, offset: number, bytes: Uint8Array) =>
  splice(data, offset, bytes.length, bytes);

/** The other valid form of a signature: s replaced by n - s. */
function highS(signature: Uint8Array): Uint8Array {
  const s = integerFromBytes(signature.subarray(32));
  return concatBytes(signature.subarray(0, 32), scalarToBytes(GROUP_ORDER - s));
}

const uncompressedOf = (compressed: Uint8Array) =>
  secp256k1.Point.fromBytes(compressed).toBytes(false);

/** SEC1's compact form, which drops the sign of y. */
const compactOf = (compressed: Uint8Array) => Uint8Array.of(5, ...compressed.subarray(1));

/** Other MessagePack encodings of the same bytes. Each takes the object and a bin8 field's offset. */
const REENCODINGS: [string, (data: Uint8Array, fields: number, bin: number) => Uint8Array][] = [
  ['a trailing byte', (data) => concatBytes(data, Uint8Array.of(0))],
  ['itself twice', (data) => concatBytes(data, data)],
  ['an array16 header', (data, fields) => splice(data, 0, 1, Uint8Array.of(0xdc, 0, fields))],
  ['an array32 header', (data, fields) => splice(data, 0, 1, Uint8Array.of(0xdd, 0, 0, 0, fields))],
  [
    'a bin16 header',
    (data, _, bin) => splice(data, bin - 2, 2, Uint8Array.of(0xc5, 0, data[bin - 1]!)),
  ],
  [
    'a bin32 header',
    (data, _, bin) => splice(data, bin - 2, 2, Uint8Array.of(0xc6, 0, 0, 0, data[bin - 1]!)),
  ],
  [
    'a str8 header',
    (data, _, bin) => splice(data, bin - 2, 2, Uint8Array.of(0xd9, data[bin - 1]!)),
  ],
  ['no last byte', (data) => data.subarray(0, -1)],
  ['nothing', () => new Uint8Array(0)],
];

const OBJECTS: {
  what: string;
  fields: number;
  bin: number;
  points: number[];
  bytes: (story: Story) => Uint8Array;
  decode: (data: Uint8Array, story: Story) => unknown;
}[] = [
  {
    what: 'a capsule',
    fields: 3,
    bin: 3,
    points: [3, 38],
    bytes: ({ capsule }) => capsule.toBytes(),
    decode: (data, { options }) => Capsule.fromBytes(data, options),
  },
  {
    what: 'a kfrag',
    fields: 5,
    bin: 39,
    points: [KFRAG.u, KFRAG.precursor, KFRAG.commitment],
    bytes: ({ kfrags }) => kfrags[0]!.toBytes(),
    decode: (data, { options }) => KeyFrag.fromBytes(data, options),
  },
  {
    what: 'a cfrag',
    fields: 5,
    bin: 73,
    points: [3, 38, 107, 143, 178, 213, 248],
    bytes: ({ cfrags }) => cfrags[0]!.toBytes(),
    decode: (data, { options }) => CapsuleFrag.fromBytes(data, options),
  },
];

describe.each(backends)('stricter than umbral-pre, on %s:', (name, backend) => {
  const story = tellStory(backend, `strictness ${name}`);
  const { options, capsule, kfrags, cfrags } = story;
  const keys = [story.verifyingPk, story.delegatingPk, story.receivingPk] as const;
  const identity = new Uint8Array(33);

  describe.each(OBJECTS)('$what', ({ fields, bin, points, bytes, decode }) => {
    it.each(REENCODINGS)('with %s is refused', (_what, reencode) => {
      expect(codeOf(() => decode(bytes(story), story))).toBeNull();
      expect(codeOf(() => decode(reencode(bytes(story), fields, bin), story))).toBe(
        'ENCODING_INVALID',
      );
    });

    it('is refused when a structure is a map', () => {
      const data = Uint8Array.from(bytes(story));
      data[0] = 0x80 | fields;
      expect(codeOf(() => decode(data, story))).toBe('ENCODING_INVALID');
    });

    it('with a point in any other form is refused', () => {
      for (const offset of points) {
        const point = bytes(story).subarray(offset, offset + 33);
        const longer = uncompressedOf(point);
        const uncompressed = splice(bytes(story), offset - 1, 34, Uint8Array.of(65), longer);
        expect(codeOf(() => decode(uncompressed, story))).toBe('ENCODING_INVALID');
        const single = splice(bytes(story), offset - 1, 34, Uint8Array.of(1, 0));
        expect(codeOf(() => decode(single, story))).toBe('ENCODING_INVALID');
        for (const other of [identity, compactOf(point)]) {
          expect(codeOf(() => decode(overwrite(bytes(story), offset, other), story))).toMatch(
            /^(POINT|KFRAG)_INVALID$/,
          );
        }
      }
    });
  });

  it('s of 0 or n and above in a capsule is refused', () => {
    for (const s of [0n, GROUP_ORDER, GROUP_ORDER + 1n, (1n << 256n) - 1n]) {
      const simple = overwrite(capsule.toBytesSimple(), 66, scalarToBytes(s));
      expect(codeOf(() => Capsule.fromBytesSimple(simple, options))).toBe('SCALAR_INVALID');
    }
  });

  it('a capsule whose parts do not belong together is refused', () => {
    const simple = capsule.toBytesSimple();
    const other = tellStory(backend, 'another capsule').capsule.toBytesSimple();
    for (const mixed of [
      concatBytes(other.subarray(0, 33), simple.subarray(33)),
      concatBytes(simple.subarray(0, 33), other.subarray(33, 66), simple.subarray(66)),
      concatBytes(simple.subarray(0, 66), other.subarray(66)),
      concatBytes(simple.subarray(33, 66), simple.subarray(0, 33), simple.subarray(66)),
    ]) {
      expect(codeOf(() => Capsule.fromBytesSimple(mixed, options))).toBe('CAPSULE_INVALID');
    }
  });

  it('a capsule with V = -E, which satisfies the equation and shares no point, is refused', () => {
    const r = randomScalar(options.rng);
    const e = backend.mulBase(r);
    const v = backend.mulBase(GROUP_ORDER - r);
    const s = multiplyScalars(r, subtractScalars(hashCapsulePoints(e, v), 1n));
    const simple = concatBytes(e.toCompressedBytes(), v.toCompressedBytes(), scalarToBytes(s));
    expect(codeOf(() => Capsule.fromBytesSimple(simple, options))).toBe('CAPSULE_INVALID');
    const packed = packArray(
      packBytes(e.toCompressedBytes()),
      packBytes(v.toCompressedBytes()),
      packBytes(scalarToBytes(s)),
    );
    expect(() => oracle.Capsule.fromBytes(packed)).not.toThrow();
  });

  it('V = E is legal: only the opposite point is not', () => {
    const r = randomScalar(options.rng);
    const e = backend.mulBase(r);
    const s = multiplyScalars(r, hashCapsulePoints(e, e) + 1n);
    const simple = concatBytes(e.toCompressedBytes(), e.toCompressedBytes(), scalarToBytes(s));
    const decoded = Capsule.fromBytesSimple(simple, options);
    expect(
      codeOf(() => decryptOriginal(story.delegatingSk, decoded, story.ciphertext, options)),
    ).toBe('DECRYPTION_FAILED');
  });

  it('high s is refused in signatures, kfrags and cfrags (umbral-pre accepts the latter two)', () => {
    const kfrag = kfrags[0]!.toBytes();
    for (const offset of [KFRAG.forProxy, KFRAG.forReceiver]) {
      const altered = overwrite(kfrag, offset, highS(kfrag.subarray(offset, offset + 64)));
      expect(codeOf(() => KeyFrag.fromBytes(altered, options))).toBe('SIGNATURE_INVALID');
      expect(() => oracle.KeyFrag.fromBytes(altered)).not.toThrow();
    }
    const cfrag = cfrags[0]!.toBytes();
    const signature = cfrag.subarray(CFRAG.signature, CFRAG.signature + 64);
    const altered = overwrite(cfrag, CFRAG.signature, highS(signature));
    expect(codeOf(() => CapsuleFrag.fromBytes(altered, options))).toBe('SIGNATURE_INVALID');
    expect(() => oracle.CapsuleFrag.fromBytes(altered)).not.toThrow();

    const low = story.signer.sign(signature, options).toBEBytes();
    expect(codeOf(() => Signature.fromBEBytes(highS(low)))).toBe('SIGNATURE_INVALID');
    const der = secp256k1.Signature.fromBytes(highS(low), 'compact').toBytes('der');
    expect(codeOf(() => Signature.fromDerBytes(der))).toBe('SIGNATURE_INVALID');
    const recoverable = concatBytes(highS(low), Uint8Array.of(0));
    expect(codeOf(() => RecoverableSignature.fromBEBytes(recoverable))).toBe('SIGNATURE_INVALID');
  });

  it('rk of 0 or n and above in a kfrag is refused', () => {
    for (const rk of [0n, GROUP_ORDER, (1n << 256n) - 1n]) {
      const altered = overwrite(kfrags[0]!.toBytes(), KFRAG.rk, scalarToBytes(rk));
      expect(codeOf(() => KeyFrag.fromBytes(altered, options))).toBe('SCALAR_INVALID');
    }
  });

  it('a kfrag for another u, well signed, is refused: the proxy’s answers would convict it', () => {
    const otherU = nobleBackend.mulBase(12345n);
    const forged = forgeKfrag(story, story.signingSk, otherU);
    const theirs = oracle.KeyFrag.fromBytes(forged).verify(
      toOracle.publicKey(story.verifyingPk),
      toOracle.publicKey(story.delegatingPk),
      toOracle.publicKey(story.receivingPk),
    );
    expect(theirs.toBytes()).toEqual(forged);
    expect(codeOf(() => KeyFrag.fromBytes(forged, options))).toBe('KFRAG_INVALID');
  });

  it('a kfrag whose signature for the delegatee is wrong is refused, for the same reason', () => {
    const foreign = new Signer(story.strangerSk).sign(Uint8Array.of(1), options).toBEBytes();
    const framing = overwrite(kfrags[0]!.toBytes(), KFRAG.forReceiver, foreign);
    const decoded = KeyFrag.fromBytes(framing, options);
    expect(codeOf(() => decoded.verify(...keys, options))).toBe('KFRAG_INVALID');
    expect(() =>
      oracle.KeyFrag.fromBytes(framing).verify(
        toOracle.publicKey(story.verifyingPk),
        toOracle.publicKey(story.delegatingPk),
        toOracle.publicKey(story.receivingPk),
      ),
    ).not.toThrow();
  });

  it('a kfrag that signs a key is refused when that key is not given', () => {
    const kfrag = kfrags[0]!.unverify();
    const [verifyingPk, delegatingPk, receivingPk] = keys;
    for (const given of [
      [verifyingPk],
      [verifyingPk, delegatingPk],
      [verifyingPk, delegatingPk, null],
      [verifyingPk, null, receivingPk],
      [verifyingPk, undefined, receivingPk],
    ] as const) {
      const [v, d, r] = given;
      expect(codeOf(() => kfrag.verify(v, d, r, options))).toBe('KFRAG_INVALID');
    }
  });

  it.each([
    [0, 1],
    [1, 0],
    [0, 0],
    [3, 2],
    [-1, 2],
    [1.5, 2],
    [1, 2.5],
    [Number.NaN, 2],
    [1, Number.POSITIVE_INFINITY],
  ])('%p of %p kfrags are refused', (threshold, shares) => {
    expect(
      codeOf(() =>
        generateKFrags(
          story.delegatingSk,
          story.receivingPk,
          story.signer,
          threshold,
          shares,
          true,
          true,
          options,
        ),
      ),
    ).toBe('THRESHOLD_INVALID');
  });

  it('a public key in any form but the compressed one is refused', () => {
    const compressed = story.delegatingPk.toCompressedBytes();
    for (const data of [uncompressedOf(compressed), compactOf(compressed), identity]) {
      expect(codeOf(() => PublicKey.fromCompressedBytes(data, options))).toBe('POINT_INVALID');
    }
  });

  it('a ciphertext shorter than nonce and tag is too short, the shortest is not', () => {
    const decrypt = (length: number) =>
      codeOf(() => decryptOriginal(story.delegatingSk, capsule, new Uint8Array(length), options));
    for (const length of [0, 1, 23, 24, 39]) expect(decrypt(length)).toBe('CIPHERTEXT_TOO_SHORT');
    expect(decrypt(40)).toBe('DECRYPTION_FAILED');
  });

  it('takes a wrong JavaScript type for a mistake of the program', () => {
    const wrong = 'c0ffee' as unknown as Uint8Array;
    expect(() => Capsule.fromBytes(wrong, options)).toThrow(TypeError);
    expect(() => KeyFrag.fromBytes(wrong, options)).toThrow(TypeError);
    expect(() => CapsuleFrag.fromBytesSimple(wrong, options)).toThrow(TypeError);
    expect(() => decryptOriginal(story.delegatingSk, capsule, wrong, options)).toThrow(TypeError);
    expect(() => story.signer.sign(wrong, options)).toThrow(TypeError);
  });
});

/** What a dishonest delegator can make: a kfrag committed to a generator of its own, well signed. */
function forgeKfrag(story: Story, signingSk: SecretKey, generator: Point): Uint8Array {
  const honest = story.kfrags[0]!.toBytes();
  const id = honest.subarray(39, 71);
  const rk = integerFromBytes(honest.subarray(KFRAG.rk, KFRAG.rk + 32));
  const commitment = nobleBackend.mulSecret(generator, rk);
  const decode = (data: Uint8Array) => nobleBackend.decodePoint(data);
  const precursor = decode(honest.subarray(KFRAG.precursor, KFRAG.precursor + 33));
  const message = kfragMessage(
    id,
    commitment,
    precursor,
    decode(story.delegatingPk.toCompressedBytes()),
    decode(story.receivingPk.toCompressedBytes()),
  );
  const signature = new Signer(signingSk).sign(message, story.options).toBEBytes();
  let forged = overwrite(honest, KFRAG.u, generator.toCompressedBytes());
  forged = overwrite(forged, KFRAG.commitment, commitment.toCompressedBytes());
  forged = overwrite(forged, KFRAG.forProxy, signature);
  return overwrite(forged, KFRAG.forReceiver, signature);
}
