import { describe, expect, it } from '@jest/globals';
import { completeId, isWholeId, parseIdPrefix } from '../../src/input/id-prefix.js';

const IDS = ['abcdef01'.repeat(4), `abcdef02${'0'.repeat(24)}`, `123456${'7'.repeat(26)}`];

async function* stored(): AsyncGenerator<string> {
  yield* await Promise.resolve(IDS);
}

describe('parseIdPrefix', () => {
  it('takes six digits or more in either case', () => {
    expect(parseIdPrefix('ABCdef')).toBe('abcdef');
    expect(isWholeId(parseIdPrefix('0'.repeat(32)))).toBe(true);
    expect(isWholeId(parseIdPrefix('0'.repeat(31)))).toBe(false);
  });

  it.each(['', 'abcde', '0'.repeat(33), 'abcdeg', '../abcdef', 'a'.repeat(100_000)])(
    'refuses %#',
    (text) => {
      expect(() => parseIdPrefix(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );
});

describe('completeId', () => {
  it('finds the one ID with the prefix', async () => {
    await expect(completeId('123456', stored())).resolves.toBe(IDS[2]);
    await expect(completeId('abcdef02', stored())).resolves.toBe(IDS[1]);
  });

  it('gives null where no ID has it', async () => {
    await expect(completeId('ffffff', stored())).resolves.toBeNull();
  });

  it('refuses a prefix of several, naming them', async () => {
    await expect(completeId('abcdef', stored())).rejects.toMatchObject({
      code: 'ID_AMBIGUOUS',
      details: { candidates: [IDS[0], IDS[1]] },
    });
  });
});
