import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cardText, readCard, spacedCardText, type PatientCard } from '../../src/index.js';
import { codeOf } from '../support/refusal.js';

const SYMBOLS = 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L';
const card: PatientCard = { userId: 'ana-4711', mspId: 'HospAMSP' };
const longest: PatientCard = { userId: 'z'.repeat(64), mspId: 'Z'.repeat(64) };
const cards = fc.record({
  userId: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]$/),
  mspId: fc.stringMatching(/^[A-Za-z][A-Za-z0-9.-]{0,63}$/),
});

describe('the text of a card', () => {
  it('is what another program makes of the specification', () => {
    expect(cardText(card)).toBe('EMR1QV9HXZTF5XUCNZSZGDAEHQS2D2DGQVCGFFE');
  });

  it('reads back, in any case, with spaces, hyphens and line breaks', () => {
    const text = spacedCardText(card);
    expect(text).toMatch(/^EMR1( [A-Z0-9]{1,4})+$/);
    for (const typed of [text, text.toLowerCase(), text.replaceAll(' ', '-\n')]) {
      expect(readCard(typed)).toEqual(card);
    }
  });

  it('reads back for every user and organization', () => {
    fc.assert(
      fc.property(cards, (one) => {
        expect(readCard(cardText(one))).toEqual(one);
      }),
    );
  });

  it.each([card, longest])('shows every wrong symbol', async (one) => {
    const text = cardText(one);
    for (let at = 4; at < text.length; at += 1) {
      for (const symbol of SYMBOLS.replace(text[at]!, '')) {
        const wrong = text.slice(0, at) + symbol + text.slice(at + 1);
        expect(await codeOf(() => readCard(wrong))).toBe('CARD_INVALID');
      }
    }
  });

  it.each([card, longest])('shows every two symbols that were swapped', async (one) => {
    const text = cardText(one);
    for (let at = 0; at < text.length - 1; at += 1) {
      const swapped = text.slice(0, at) + text[at + 1]! + text[at]! + text.slice(at + 2);
      if (swapped === text) continue;
      expect(await codeOf(() => readCard(swapped))).toBe('CARD_INVALID');
    }
  });

  it('shows a symbol too many or too few', async () => {
    const text = cardText(card);
    for (let at = 4; at < text.length; at += 1) {
      const short = text.slice(0, at) + text.slice(at + 1);
      expect(await codeOf(() => readCard(short))).toBe('CARD_INVALID');
      for (const symbol of SYMBOLS) {
        const long = text.slice(0, at) + symbol + text.slice(at);
        expect(await codeOf(() => readCard(long))).toBe('CARD_INVALID');
      }
    }
  });

  it.each([
    ['', /begin with EMR1/],
    ['ana-4711', /begin with EMR1/],
    ['EMR1', /no card has/],
    ['EMR1QBIO', /no card has/],
    [`EMR1${'Q'.repeat(500)}`, /too long/],
  ])('says what is wrong with %j', (text, problem) => {
    expect(() => readCard(text)).toThrow(problem);
  });

  it('refuses a card of what is no user ID', async () => {
    expect(await codeOf(() => cardText({ userId: 'Ana Sample', mspId: 'HospAMSP' }))).toBe(
      'INPUT_INVALID',
    );
  });
});
