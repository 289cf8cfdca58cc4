import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { bytesToHex, hexToBytes, utf8ToBytes } from '../../src/bytes.js';
import { GROUP_ORDER, scalarToBytes } from '../../src/group/scalar.js';
import {
  Parameters,
  PublicKey,
  RecoverableSignature,
  ReencryptionEvidence,
  SecretKey,
  SecretKeyFactory,
  Signature,
  Signer,
} from '../../src/umbral/index.js';
import { backends } from '../group/backends.js';
import { codeOf, tellStory } from './parties.js';

const ONE_HEX = '00'.repeat(31) + '01';
const G_HEX = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';

describe('SecretKey', () => {
  it.each([
    ['1', 1n],
    ['n - 1', GROUP_ORDER - 1n],
  ])('takes the limit %s', (_name, scalar) => {
    expect(SecretKey.fromBEBytes(scalarToBytes(scalar)).toBEBytes()).toEqual(scalarToBytes(scalar));
  });

  it.each([
    ['zero', scalarToBytes(0n), 'SCALAR_INVALID'],
    ['n', scalarToBytes(GROUP_ORDER), 'SCALAR_INVALID'],
    ['2^256 - 1', new Uint8Array(32).fill(0xff), 'SCALAR_INVALID'],
    ['31 bytes', new Uint8Array(31).fill(1), 'LENGTH_INVALID'],
    ['33 bytes', new Uint8Array(33).fill(1), 'LENGTH_INVALID'],
  ])('refuses %s', (_name, bytes, code) => {
    expect(codeOf(() => SecretKey.fromBEBytes(bytes))).toBe(code);
  });

  it('draws again while a draw is zero, n or more', () => {
    const draws = [0n, GROUP_ORDER, (1n << 256n) - 1n, 7n];
    const key = SecretKey.random({ rng: () => scalarToBytes(draws.shift()!) });
    expect(key.toBEBytes()).toEqual(scalarToBytes(7n));
  });

  it('gives up on a broken generator', () => {
    expect(() => SecretKey.random({ rng: (length) => new Uint8Array(length) })).toThrow(RangeError);
    expect(() => SecretKey.random({ rng: () => new Uint8Array(31) })).toThrow(RangeError);
  });

  it('does not change with the bytes that it was made of or gave out', () => {
    const bytes = hexToBytes(ONE_HEX);
    const key = SecretKey.fromBEBytes(bytes);
    bytes.fill(9);
    key.toBEBytes().fill(9);
    expect(bytesToHex(key.toBEBytes())).toBe(ONE_HEX);
    expect(bytesToHex(key.publicKey().toCompressedBytes())).toBe(G_HEX);
  });

  it('reads from a Node Buffer, even a slice of a shared pool', () => {
    const pool = Buffer.from(`ffff${ONE_HEX}ffff`, 'hex');
    expect(bytesToHex(SecretKey.fromBEBytes(pool.subarray(2, 34)).toBEBytes())).toBe(ONE_HEX);
    const point = Buffer.from(`ff${G_HEX}ff`, 'hex').subarray(1, 34);
    expect(bytesToHex(PublicKey.fromCompressedBytes(point).toCompressedBytes())).toBe(G_HEX);
  });
});

describe('SecretKeyFactory', () => {
  const seed = new Uint8Array(32).fill(3);
  const label = utf8ToBytes('scope');

  it('gives different results for different labels, kinds and seeds', () => {
    const factory = SecretKeyFactory.fromSecureRandomness(seed);
    const other = SecretKeyFactory.fromSecureRandomness(new Uint8Array(32).fill(4));
    const results = [
      factory.makeKey(label).toBEBytes(),
      factory.makeKey(utf8ToBytes('scope2')).toBEBytes(),
      factory.makeFactory(label).makeKey(label).toBEBytes(),
      other.makeKey(label).toBEBytes(),
      factory.makeSecret(label).subarray(0, 32),
      factory.makeSecret(label).subarray(32),
    ].map(bytesToHex);
    expect(new Set(results).size).toBe(results.length);
  });

  it('does not change with the seed bytes that it was made of', () => {
    const given = Uint8Array.from(seed);
    const factory = SecretKeyFactory.fromSecureRandomness(given);
    const before = factory.makeSecret(label);
    given.fill(0);
    expect(factory.makeSecret(label)).toEqual(before);
  });

  it('refuses a seed that is not 32 bytes, and a label that is not bytes', () => {
    expect(codeOf(() => SecretKeyFactory.fromSecureRandomness(new Uint8Array(31)))).toBe(
      'LENGTH_INVALID',
    );
    const factory = SecretKeyFactory.random();
    expect(() => factory.makeKey('scope' as unknown as Uint8Array)).toThrow(TypeError);
  });
});

describe('what goes to logs', () => {
  const story = tellStory(backends[0]![1], 'logs');
  const secretHex = bytesToHex(story.delegatingSk.toBEBytes());
  const rkHex = bytesToHex(story.kfrags[0]!.toBytes().subarray(73, 105));
  const seedHex = 'ab'.repeat(32);
  const evidence = new ReencryptionEvidence(
    story.capsule,
    story.cfrags[0]!,
    story.verifyingPk,
    story.delegatingPk,
    story.receivingPk,
  );

  it.each([
    ['a secret key', story.delegatingSk, 'SecretKey:...', secretHex],
    ['a signer', new Signer(story.delegatingSk), 'Signer:...', secretHex],
    [
      'a factory',
      SecretKeyFactory.fromSecureRandomness(hexToBytes(seedHex)),
      'SecretKeyFactory:...',
      seedHex,
    ],
    ['a kfrag', story.kfrags[0]!.unverify(), /^KeyFrag:[0-9a-f]{16}$/, rkHex],
    ['a verified kfrag', story.kfrags[0]!, /^VerifiedKeyFrag:[0-9a-f]{16}$/, rkHex],
  ])('of %s is no secret', (_name, object, shown, hex) => {
    const outputs = [
      object.toString(),
      JSON.parse(JSON.stringify(object)) as string,
      inspect(object, { depth: 9, showHidden: true }),
    ];
    for (const output of outputs) expect(output).toMatch(shown);
    const nested = inspect({ key: [object] }, { depth: 9 }) + JSON.stringify({ key: [object] });
    expect(nested).not.toContain(hex.slice(0, 16));
    expect(nested).not.toContain(BigInt(`0x${hex}`).toString());
    expect(Object.keys(object)).toEqual([]);
  });

  it.each([
    ['PublicKey', story.delegatingPk],
    ['Capsule', story.capsule],
    ['CapsuleFrag', story.cfrags[0]!.unverify()],
    ['VerifiedCapsuleFrag', story.cfrags[0]!],
    ['Signature', story.signer.sign(new Uint8Array(0))],
    [
      'RecoverableSignature',
      RecoverableSignature.fromBEBytes(hexToBytes(ONE_HEX + ONE_HEX + '00')),
    ],
    ['ReencryptionEvidence', evidence],
    ['Parameters', new Parameters()],
  ])('of a %s tells it from others', (name, object) => {
    expect(object.toString()).toMatch(new RegExp(`^${name}:[0-9a-f]{16}$`));
  });

  it('of an error holds nothing of the input', () => {
    const decode = () => SecretKey.fromBEBytes(new Uint8Array(32).fill(0xab));
    expect(decode).not.toThrow();
    const refuse = () => SecretKey.fromBEBytes(new Uint8Array(32).fill(0xff));
    expect(refuse).toThrow(
      expect.objectContaining({ message: 'secret key: not below the group order' }),
    );
  });
});

describe('Signature', () => {
  const story = tellStory(backends[0]![1], 'signature');

  it.each([
    ['r of zero', '00'.repeat(32) + ONE_HEX],
    ['s of zero', ONE_HEX + '00'.repeat(32)],
    ['r of n', GROUP_ORDER.toString(16) + ONE_HEX],
    ['s of n', ONE_HEX + GROUP_ORDER.toString(16)],
    ['s of (n + 1) / 2', ONE_HEX + ((GROUP_ORDER + 1n) / 2n).toString(16).padStart(64, '0')],
  ])('refuses %s', (_name, hex) => {
    expect(codeOf(() => Signature.fromBEBytes(hexToBytes(hex)))).toBe('SIGNATURE_INVALID');
  });

  it('takes s of (n - 1) / 2, the largest that is low', () => {
    const s = ((GROUP_ORDER - 1n) / 2n).toString(16).padStart(64, '0');
    expect(codeOf(() => Signature.fromBEBytes(hexToBytes(ONE_HEX + s)))).toBeNull();
  });

  it('refuses DER with a trailing byte, a padded integer or a missing byte', () => {
    const der = story.signer.sign(new Uint8Array(1)).toDerBytes();
    const padded = Uint8Array.of(0x30, der[1]! + 1, 0x02, der[3]! + 1, 0, ...der.subarray(4));
    for (const data of [Uint8Array.of(...der, 0), padded, der.subarray(0, -1), new Uint8Array(0)]) {
      expect(codeOf(() => Signature.fromDerBytes(data))).toBe('SIGNATURE_INVALID');
    }
  });

  it('is hedged: signing twice gives two signatures, both good', () => {
    const message = utf8ToBytes('twice');
    const [one, two] = [story.signer.sign(message), story.signer.sign(message)];
    expect(one.equals(two)).toBe(false);
    expect(one.verify(story.verifyingPk, message)).toBe(true);
    expect(two.verify(story.verifyingPk, message)).toBe(true);
  });

  it('refuses a recoverable signature of other length, recovery ID or digest length', () => {
    const good = hexToBytes(ONE_HEX + ONE_HEX + '00');
    expect(codeOf(() => RecoverableSignature.fromBEBytes(good.subarray(1)))).toBe('LENGTH_INVALID');
    const badId = Uint8Array.from(good);
    badId[64] = 4;
    expect(codeOf(() => RecoverableSignature.fromBEBytes(badId))).toBe('SIGNATURE_INVALID');
    const decoded = RecoverableSignature.fromBEBytes(good);
    expect(decoded.toBEBytes()).toEqual(good);
    expect(decoded.equals(RecoverableSignature.fromBEBytes(good))).toBe(true);
    expect(codeOf(() => PublicKey.recoverFromPrehash(new Uint8Array(31), decoded))).toBe(
      'LENGTH_INVALID',
    );
  });

  it('finds no key for a recoverable signature that no key made', () => {
    const r = '00'.repeat(31) + '05';
    const signature = RecoverableSignature.fromBEBytes(hexToBytes(r + ONE_HEX + '00'));
    expect(codeOf(() => PublicKey.recoverFromPrehash(new Uint8Array(32), signature))).toBe(
      'SIGNATURE_INVALID',
    );
  });
});

describe('ReencryptionEvidence', () => {
  it('is refused for keys that the kfrag does not sign', () => {
    const { capsule, cfrags, verifyingPk, delegatingPk, receivingPk, strangerPk } = tellStory(
      backends[0]![1],
      'evidence',
    );
    for (const keys of [
      [strangerPk, delegatingPk, receivingPk],
      [verifyingPk, strangerPk, receivingPk],
      [verifyingPk, delegatingPk, strangerPk],
    ] as const) {
      expect(codeOf(() => new ReencryptionEvidence(capsule, cfrags[0]!, ...keys))).toBe(
        'SIGNATURE_INVALID',
      );
    }
  });
});
