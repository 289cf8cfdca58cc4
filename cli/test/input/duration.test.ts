import { describe, expect, it } from '@jest/globals';
import { parseDuration } from '../../src/input/duration.js';

describe('parseDuration', () => {
  it.each([
    ['1s', 1000],
    ['45m', 2_700_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    ['10y', 315_576_000_000],
  ])('reads %s as %i ms', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  it.each([
    '',
    '0d',
    '-1d',
    '1',
    'd',
    '1.5h',
    '1 d',
    '1D',
    '1M',
    '11y',
    '99999999999d',
    '٣d',
    '1d1h',
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
