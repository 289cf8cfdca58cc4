import { describe, expect, it } from '@jest/globals';
import { parseSince, parseUntil } from '../../src/input/moment.js';

describe('parseUntil', () => {
  it('takes a date alone to the end of that local day', () => {
    expect(parseUntil('2026-12-31')).toBe(new Date(2027, 0, 1).getTime());
  });

  it('reads a local time, and one with a zone', () => {
    expect(parseUntil('2026-12-31T18:00')).toBe(new Date(2026, 11, 31, 18).getTime());
    expect(parseUntil('2026-12-31 18:00')).toBe(new Date(2026, 11, 31, 18).getTime());
    expect(parseUntil('2026-12-31T18:00:00+02:00')).toBe(Date.UTC(2026, 11, 31, 16));
    expect(parseUntil('2026-12-31T18:00:00.250Z')).toBe(Date.UTC(2026, 11, 31, 18, 0, 0, 250));
  });

  it.each([
    '',
    'tomorrow',
    '2026-02-30',
    '2026-13-01',
    '31.12.2026',
    '2026-12-31T25:00',
    '2026-02-30T10:00',
    '1767225600',
  ])('refuses %j', (text) => {
    expect(() => parseUntil(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('parseSince', () => {
  const now = Date.UTC(2026, 5, 15);

  it('takes a date from the start of that local day', () => {
    expect(parseSince('2026-06-01', now)).toBe(new Date(2026, 5, 1).getTime());
  });

  it('takes a duration back from now', () => {
    expect(parseSince('7d', now)).toBe(Date.UTC(2026, 5, 8));
  });

  it.each(['', '7', '7x', 'x'])('refuses %j', (text) => {
    expect(() => parseSince(text, now)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
