import { describe, expect, it } from '@jest/globals';
import { blockHeader } from '../src/ledger/block-header.js';
import { areEqual, type LedgerCopy } from '../src/ledger/compare-ledgers.js';

/** Header of a block of Fabric 3.1.5, and what a peer's snapshot gave as its hash. */
const HEADER =
  '0804' +
  '12205067eda2b2df3820d85edb6bb402e78a14c8df727ac7cf515419795fc406204e' +
  '1a20f70c9223eb054aeccb11010d1b504a267b62f693942f8ca5b5b027d995c1ae6f128f';
const HASH = '515ee771275131966410c949d41dd0b0eb4c0af94ab73eee12480f26889f4493';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

describe('the header of a block', () => {
  it('has the hash that Fabric computes', () => {
    const data = '0a03aabbcc'; // what follows is not looked at
    expect(blockHeader(bytes(`0a46${HEADER}12${data}`))).toEqual({ number: 4, hash: HASH });
  });

  it('is read with numbers of any size, the first block and one without a previous hash', () => {
    const number = (hex: string): number => blockHeader(bytes(hex)).number;
    expect(number('0a03088001')).toBe(128);
    expect(number('0a0508ffffff7f')).toBe(268_435_455);
    expect(number('0a041a020102')).toBe(0);
    expect(blockHeader(bytes('0a03088001')).hash).not.toBe(blockHeader(bytes('0a020801')).hash);
  });

  it.each([
    ['nothing', ''],
    ['no header', '1203aabbcc'],
    ['a header that ends too early', '0a460804'],
    ['a number that does not end', `0a0b08${'ff'.repeat(10)}`],
    ['a field of another type', '0a050d01020304'],
  ])('is refused: %s', (_, hex) => {
    expect(() => blockHeader(bytes(hex))).toThrow(RangeError);
  });
});

describe('copies of a ledger', () => {
  const peer = { node: 'peer0.a', height: 5, lastBlockHash: 'aa', snapshotHash: 'ff' };
  const orderer = { ...peer, node: 'orderer.a', snapshotHash: null };
  const equal = (...copies: LedgerCopy[]): boolean => areEqual([peer, ...copies]);

  it('are equal where heights, block hashes and snapshot hashes are', () => {
    expect(equal({ ...peer, node: 'peer1.a' }, orderer)).toBe(true);
  });

  it('differ where one has another height, block or state', () => {
    expect(equal({ ...orderer, height: 4 })).toBe(false);
    expect(equal({ ...orderer, lastBlockHash: 'bb' })).toBe(false);
    expect(equal({ ...peer, snapshotHash: 'ee' })).toBe(false);
  });

  it('are not called equal where no peer was asked', () => {
    expect(areEqual([orderer])).toBe(false);
    expect(areEqual([])).toBe(false);
  });
});
