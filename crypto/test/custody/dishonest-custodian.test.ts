import { describe, expect, it } from '@jest/globals';
import { bytesToHex, utf8ToBytes } from '../../src/bytes.js';
import { backends } from '../group/backends.js';
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
import { derivedRng } from '../../src/rng.js';
import { encrypt, SecretKey } from '../../src/umbral/index.js';
import { codeOf } from '../umbral/parties.js';

const TWO_OF_THREE = { threshold: 2, shares: 3 };
const DEK = new Uint8Array(32).fill(7);
const TICKET = utf8ToBytes('ticket 1');

describe.each(backends)('a dishonest custodian, on %s', (_, backend) => {
  const options = { backend };
  const { commitments, shares } = shareSecretKey(SecretKey.random(), TWO_OF_THREE, options);
  const other = shareSecretKey(SecretKey.random(), TWO_OF_THREE, options);
  const [capsule, ciphertext] = encrypt(commitments.publicKey, DEK, options);
  const [otherCapsule] = encrypt(commitments.publicKey, DEK, options);
  const [first, second] = shares as [KeyShare, KeyShare, KeyShare];
  const honest = Partial.compute(first, capsule, TICKET, options);

  it('is found out when it answers with another share', () => {
    const forged = Partial.compute(other.shares[0]!, capsule, TICKET, options);
    const verify = () => forged.verify(capsule, commitments, TICKET, options);
    expect(codeOf(verify)).toBe('PARTIAL_INVALID');
  });

  it('cannot pass for another custodian', () => {
    const bytes = honest.toBytes();
    bytes[0] = 2;
    const verify = () => Partial.fromBytes(bytes, options).verify(capsule, commitments, TICKET);
    expect(codeOf(verify)).toBe('PARTIAL_INVALID');
  });

  it('cannot serve an old answer for another capsule or on another occasion', () => {
    const onOther = () => honest.verify(otherCapsule, commitments, TICKET, options);
    const later = () => honest.verify(capsule, commitments, utf8ToBytes('ticket 2'), options);
    expect([codeOf(onOther), codeOf(later)]).toEqual(['PARTIAL_INVALID', 'PARTIAL_INVALID']);
  });

  it('cannot count twice', () => {
    const verified = honest.verify(capsule, commitments, TICKET, options);
    const open = () =>
      decryptWithCustodians(commitments, capsule, [verified, verified], ciphertext, options);
    expect(codeOf(open)).toBe('SHARES_REPEATED');
    expect(codeOf(() => recoverSecretKey([first, first], options))).toBe('SHARES_REPEATED');
  });

  it('cannot mix in what was verified for something else', () => {
    const verified = honest.verify(capsule, commitments, TICKET, options);
    const foreign = Partial.compute(second, otherCapsule, TICKET, options).verify(
      otherCapsule,
      commitments,
      TICKET,
      options,
    );
    const open = () =>
      decryptWithCustodians(commitments, capsule, [verified, foreign], ciphertext, options);
    expect(codeOf(open)).toBe('PARTIAL_INVALID');
    const mixed = () => recoverSecretKey([first, other.shares[1]!], options);
    expect(codeOf(mixed)).toBe('SHARE_INVALID');
  });

  it('is named when it deals out something else than its share', () => {
    const dealings = [
      reshare(first, TWO_OF_THREE, options),
      { ...reshare(other.shares[1]!, TWO_OF_THREE, options), dealer: 2 },
    ];
    const combine = () => reshareCommitments(commitments, dealings, options);
    expect(codeOf(combine)).toBe('DEALING_INVALID');
    expect(combine).toThrow('dealing of custodian 2');
  });

  it('cannot deal with another threshold, too few, or to several at once', () => {
    const dealings = [first, second].map((share) => reshare(share, TWO_OF_THREE, options));
    const three = reshare(second, { threshold: 3, shares: 3 }, options);
    const uneven = () => reshareCommitments(commitments, [dealings[0]!, three], options);
    expect(codeOf(uneven)).toBe('DEALING_INVALID');
    const few = () => reshareCommitments(commitments, dealings.slice(1), options);
    expect(codeOf(few)).toBe('SHARES_INSUFFICIENT');
    const dealt = dealings.map(({ dealer, shares: dealtShares }, i) => ({
      dealer,
      share: dealtShares[i]!,
    }));
    const scattered = () => combineDealings(commitments, dealt, options);
    expect(codeOf(scattered)).toBe('SHARE_INVALID');
  });

  it('shows no secret where it is printed', () => {
    const secret = bytesToHex(first.toBytes().slice(1));
    const shown = [String(first), JSON.stringify(first), JSON.stringify({ first, honest })];
    expect(shown.join(' ')).not.toContain(secret.slice(0, 16));
    expect(String(first)).toBe('KeyShare:1:...');
  });

  it('answers alike each time where its nonce is derived from all inputs', () => {
    const compute = (ticket: string): string => {
      const context = utf8ToBytes(ticket);
      const rng = derivedRng(first.toBytes(), context);
      return bytesToHex(Partial.compute(first, capsule, context, { ...options, rng }).toBytes());
    };
    expect(compute('ticket 1')).toBe(compute('ticket 1'));
    expect(compute('ticket 1')).not.toBe(compute('ticket 2'));
  });
});

describe('what is decoded', () => {
  const { commitments, shares } = shareSecretKey(SecretKey.random(), TWO_OF_THREE);

  it.each([0, 32, 34, 33 * 256])('is no commitments with %d bytes', (length) => {
    expect(codeOf(() => ShareCommitments.fromBytes(new Uint8Array(length)))).toBe(
      'COMMITMENTS_INVALID',
    );
  });

  it('is no share of index 0, of another length, or of zero', () => {
    const bytes = shares[0]!.toBytes();
    const zeroIndex = Uint8Array.from(bytes);
    zeroIndex[0] = 0;
    expect(codeOf(() => KeyShare.fromBytes(zeroIndex, commitments))).toBe('SHARE_INVALID');
    expect(codeOf(() => KeyShare.fromBytes(bytes.slice(1), commitments))).toBe('LENGTH_INVALID');
    const zero = Uint8Array.from({ length: 33 }, (_, i) => (i === 0 ? 1 : 0));
    expect(codeOf(() => KeyShare.fromBytes(zero, commitments))).toBe('SCALAR_INVALID');
  });

  it.each([
    { threshold: 0, shares: 3 },
    { threshold: 4, shares: 3 },
    { threshold: 1.5, shares: 3 },
    { threshold: 2, shares: 256 },
  ])('is no sharing of $threshold of $shares', (shape) => {
    const share = () => shareSecretKey(SecretKey.random(), shape);
    expect(codeOf(share)).toBe('THRESHOLD_INVALID');
  });
});
