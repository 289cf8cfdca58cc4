import { describe, expect, it } from '@jest/globals';
import { secp256k1, secp256k1_hasher } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '../../src/bytes.js';
import { CryptoError } from '../../src/crypto-error.js';
import { GENERATOR_U_UNCOMPRESSED_HEX, generatorUBytes } from '../../src/group/generator-u.js';
import { nobleBackend } from '../../src/group/noble-backend.js';
import { trustedPoint } from '../../src/group/point.js';
import type { Point } from '../../src/group/point.js';
import { GROUP_ORDER, randomScalar, scalarToBytes } from '../../src/group/scalar.js';
import { derivedRng } from '../../src/rng.js';
import { backends } from './backends.js';

const rng = derivedRng(new Uint8Array(32).fill(1), utf8ToBytes('group-backend.test'));
const someScalars = Array.from({ length: 8 }, () => randomScalar(rng));
const edgeScalars = [1n, 2n, 3n, GROUP_ORDER - 1n, GROUP_ORDER - 2n, 1n << 255n, (1n << 128n) - 1n];
const scalars = [...edgeScalars, ...someScalars];
const G = trustedPoint(secp256k1.Point.BASE.toBytes(false));
const u = trustedPoint(generatorUBytes());
const hex = (point: Point | null) => point && bytesToHex(point.toCompressedBytes());

describe('generator u', () => {
  it('is the RFC 9380 hash of POINT_U under the tag PARAMETERS', () => {
    const derived = secp256k1_hasher.hashToCurve(utf8ToBytes('POINT_U'), { DST: 'PARAMETERS' });
    expect(bytesToHex(derived.toBytes(false))).toBe(GENERATOR_U_UNCOMPRESSED_HEX);
  });
});

describe.each(backends)('group backend %s', (_name, backend) => {
  const P = backend.mulBase(someScalars[0]!);
  const Q = backend.mulBase(someScalars[1]!);

  it.each(scalars)('multiplies by %p as plain double-and-add does', (k) => {
    const expected = (base: Point) => {
      const { Point: Curve } = secp256k1;
      let sum = Curve.ZERO;
      let power = Curve.fromBytes(base.toUncompressedBytes());
      for (let rest = k; rest > 0n; rest >>= 1n) {
        if (rest & 1n) sum = sum.add(power);
        power = power.double();
      }
      return sum.toHex(true);
    };
    expect(hex(backend.mulBase(k))).toBe(expected(G));
    expect(hex(backend.mulU(k))).toBe(expected(u));
    expect(hex(backend.mulSecret(P, k))).toBe(expected(P));
    expect(hex(backend.mulPublic([[k, P]]))).toBe(expected(P));
  });

  it('sums public products, whatever their number', () => {
    const points = someScalars.map((k) => backend.mulBase(k));
    for (let count = 1; count <= points.length; count += 1) {
      const terms = points.slice(0, count).map((p, i) => [scalars[i]!, p] as const);
      const total = someScalars
        .slice(0, count)
        .reduce((sum, k, i) => (sum + k * scalars[i]!) % GROUP_ORDER, 0n);
      expect(hex(backend.mulPublic(terms))).toBe(hex(backend.mulBase(total)));
    }
  });

  it('gives null for the identity, and skips zero scalars', () => {
    expect(backend.mulPublic([])).toBeNull();
    expect(backend.mulPublic([[0n, P]])).toBeNull();
    expect(
      backend.mulPublic([
        [1n, P],
        [GROUP_ORDER - 1n, P],
      ]),
    ).toBeNull();
    expect(
      backend.mulPublic([
        [5n, P],
        [3n, Q],
        [GROUP_ORDER - 5n, P],
        [GROUP_ORDER - 3n, Q],
      ]),
    ).toBeNull();
    for (const terms of [
      [
        [0n, P],
        [7n, Q],
      ],
      [
        [7n, Q],
        [0n, P],
      ],
    ] as const) {
      expect(hex(backend.mulPublic(terms))).toBe(hex(backend.mulPublic([[7n, Q]])));
    }
  });

  it('doubles when both terms are the same point', () => {
    expect(
      hex(
        backend.mulPublic([
          [1n, P],
          [1n, P],
        ]),
      ),
    ).toBe(hex(backend.mulSecret(P, 2n)));
  });

  it('decodes what it encodes', () => {
    const decoded = backend.decodePoint(P.toCompressedBytes());
    expect(decoded.equals(P)).toBe(true);
    expect(decoded.equals(Q)).toBe(false);
    expect(decoded.coordinates()[0]).toEqual(P.toCompressedBytes().subarray(1));
  });

  const compressed = P.toCompressedBytes();
  const withTag = (tag: number, bytes: Uint8Array) => {
    const copy = Uint8Array.from(bytes);
    copy[0] = tag;
    return copy;
  };
  const x = (value: bigint) => Uint8Array.of(2, ...scalarToBytes(value));
  const FIELD_PRIME = secp256k1.Point.Fp.ORDER;
  it.each([
    ['no byte', new Uint8Array(0)],
    ['the identity', Uint8Array.of(0)],
    ['the identity padded to 33 bytes', new Uint8Array(33)],
    ['a tag for no form', withTag(1, compressed)],
    ['a compact point', withTag(5, compressed)],
    ['an uncompressed point', P.toUncompressedBytes()],
    ['a hybrid point', withTag(6, P.toUncompressedBytes())],
    ['an x of no point', x(5n)],
    ['an x equal to the field prime', x(FIELD_PRIME)],
    ['an x above the field prime, of a point when reduced', x(FIELD_PRIME + 1n)],
    ['32 bytes', compressed.subarray(0, 32)],
    ['34 bytes', Uint8Array.of(...compressed, 0)],
  ])('refuses to decode %s', (_what, bytes) => {
    expect(() => backend.decodePoint(bytes)).toThrow(
      expect.objectContaining({ code: 'POINT_INVALID' }),
    );
    expect(() => backend.decodePoint(bytes)).toThrow(CryptoError);
  });

  it('takes anything but bytes for a mistake of the program', () => {
    expect(() => backend.decodePoint('02' as unknown as Uint8Array)).toThrow(TypeError);
  });

  describe('ECDSA', () => {
    const digest = sha256(utf8ToBytes('sample'));
    const key = someScalars[2]!;
    const verifying = backend.mulBase(key);

    it('signs as noble does, bit for bit, for many keys and digests', () => {
      for (let i = 0; i < 40; i += 1) {
        const [scalar, entropy, message] = [randomScalar(rng), rng(32), sha256(rng(8))];
        const signed = backend.ecdsaSign(message, scalar, entropy);
        expect(signed).toEqual(nobleBackend.ecdsaSign(message, scalar, entropy));
        const signer = backend.mulBase(scalar);
        expect(backend.ecdsaVerify(signed.bytes, message, signer)).toBe(true);
        expect(hex(backend.ecdsaRecover(signed.bytes, signed.recoveryId, message))).toBe(
          hex(signer),
        );
      }
    });

    it('refuses another digest, another key, an altered signature and high s', () => {
      const { bytes } = backend.ecdsaSign(digest, key, new Uint8Array(32));
      expect(backend.ecdsaVerify(bytes, sha256(digest), verifying)).toBe(false);
      expect(backend.ecdsaVerify(bytes, digest, P)).toBe(false);
      const altered = Uint8Array.from(bytes);
      altered[40]! ^= 1;
      expect(backend.ecdsaVerify(altered, digest, verifying)).toBe(false);
      const s = BigInt('0x' + bytesToHex(bytes.subarray(32)));
      const high = Uint8Array.of(...bytes.subarray(0, 32), ...scalarToBytes(GROUP_ORDER - s));
      expect(backend.ecdsaVerify(high, digest, verifying)).toBe(false);
    });

    it('recovers nothing from an r that is no x-coordinate', () => {
      const signature = hexToBytes('00'.repeat(31) + '05' + '00'.repeat(31) + '01');
      expect(backend.ecdsaRecover(signature, 0, digest)).toBeNull();
    });
  });
});
