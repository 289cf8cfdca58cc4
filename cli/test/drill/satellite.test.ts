import type { Ledger } from '@emr-share/gateway-client';
import { EmrError } from '@emr-share/model';
import { SATELLITE } from '@emr-share/network';
import { describe, expect, it } from '@jest/globals';
import { askingAhead } from '../../src/drill/satellite/asking-ahead.js';
import type { Emergency } from '../../src/drill/satellite/post-messages.js';
import { satelliteFigure } from '../../src/drill/satellite/satellite-figure.js';
import { satelliteText } from '../../src/drill/satellite/satellite-report.js';
import { satelliteResult } from '../../src/drill/satellite/satellite-result.js';

const TICKET = 'ab'.repeat(16);
const PAGE = { ticketId: TICKET, category: 'emergency-summary', pageSize: 32 } as const;

function emergency(declareToSummaryMs: number): Emergency {
  const timeline = [{ what: 'declare', fromMs: 0, toMs: declareToSummaryMs - 10 }];
  return { declareToSummaryMs, lookUpMs: 600, timeline, summaryBytes: 4_000, warnings: [] };
}

const LINK = {
  delivered: 1,
  deliveredBytes: 100,
  lost: 0,
  repaired: 0,
  repairs: 0,
  dropped: 0,
  cut: 0,
};
const RESULT = satelliteResult({
  declare: 'settled',
  runs: [5_400, 4_200, 9_000].map(emergency),
  settlingMs: [7_000],
  crowd: { patients: 0, registeringMs: 0 },
  terms: SATELLITE,
  link: LINK,
});

/** A peer that has the ticket from the `n`-th question on, and knows how often it was asked. */
function peerWithTicketAfter(n: number): { ledger: Ledger; asked: () => number } {
  let questions = 0;
  const refuse = (): Promise<never> => Promise.reject(new TypeError('not asked for here'));
  const ledger = {
    mspId: 'HospAMSP',
    userId: 'dr.far',
    evaluate: () => {
      questions += 1;
      return questions < n
        ? Promise.reject(new EmrError('TICKET_NOT_FOUND', { ticketId: TICKET }))
        : Promise.resolve({ records: [], bookmark: `after ${String(questions)}` });
    },
    submit: refuse,
    events: () => {
      throw new TypeError('not asked for here');
    },
  } as unknown as Ledger;
  return { ledger, asked: () => questions };
}

describe('the result of the satellite drill', () => {
  it('is that of the median run, with the spread of all', () => {
    expect(RESULT).toMatchObject({
      declareToSummaryMs: 5_400,
      roundTrips: 9,
      timeline: [{ what: 'declare', fromMs: 0, toMs: 5_390 }],
      spread: { leastMs: 4_200, mostMs: 9_000 },
    });
  });

  it('is told as a table and drawn as a picture with one point for each run', () => {
    expect(satelliteText(RESULT)).toContain('9 round trips (median of 3 runs)');
    const figure = satelliteFigure(RESULT);
    expect(figure.match(/<circle /g)).toHaveLength(3);
    expect(figure).toContain('5400 ms, 9 round trips of 600 ms');
  });
});

describe('asking ahead for the records of a ticket', () => {
  it('asks until a peer has the ticket, and gives that answer to whoever asks then', async () => {
    const { ledger, asked } = peerWithTicketAfter(3);
    const ahead = askingAhead(ledger, ['HospAMSP', 'HospBMSP']);
    ahead.askAhead(PAGE, 0, new AbortController().signal);
    const page = await ahead.evaluate('audience:ListRecords', PAGE);
    expect(page).toEqual({ records: [], bookmark: 'after 3' });
    expect(asked()).toBe(3);
  });

  it('passes on the question for another ticket, and for a later page', async () => {
    const { ledger, asked } = peerWithTicketAfter(1);
    const ahead = askingAhead(ledger, ['HospAMSP', 'HospBMSP']);
    const ending = new AbortController();
    ahead.askAhead(PAGE, 60_000, ending.signal);
    await ahead.evaluate('audience:ListRecords', { ...PAGE, ticketId: 'cd'.repeat(16) });
    await ahead.evaluate('audience:ListRecords', { ...PAGE, bookmark: 'more' });
    expect(asked()).toBe(2);
    ending.abort();
  });
});
