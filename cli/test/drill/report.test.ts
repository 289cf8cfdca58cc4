import { describe, expect, it } from '@jest/globals';
import { reportText, resultLine } from '../../src/drill/report.js';
import type { DrillResult } from '../../src/drill/result.js';

const PASSED: DrillResult = {
  drill: 'leader',
  passed: true,
  acknowledged: 120,
  failed: 3,
  lost: 0,
  recoveredMs: 2_150,
  longestGapMs: 2_300,
  ledgersEqual: true,
  heights: { 'peer0.hospa': 99, 'orderer.hospa': 99 },
  faults: [{ what: 'orderer.hospa killed', recoveredMs: 2_150 }],
  counts: { records: 80, grants: 25, revocations: 15, fetches: 40, transactions: 300 },
  failures: { LEDGER_UNAVAILABLE: 3 },
  losses: [],
  restartedBySupervisor: [],
  observed: {},
  loadMs: 20_000,
  tookMs: 31_000,
};
const FAILED: DrillResult = {
  ...PASSED,
  drill: 'kubo',
  passed: false,
  lost: 12,
  losses: Array.from({ length: 12 }, (_, i) => ({
    what: 'record' as const,
    id: String(i),
    problem: 'BLOB_UNAVAILABLE',
  })),
  ledgersEqual: false,
  heights: { 'peer0.hospa': 99, 'orderer.hospa': 98 },
};

describe('the report of drills', () => {
  it('has one line for each drill', () => {
    expect(reportText([PASSED]).split('\n')).toEqual([
      expect.stringMatching(/^DRILL +ACKNOWLEDGED +FAILED +LOST +RECOVERED/),
      expect.stringMatching(/^leader +120 +3 +0 +2\.1 s +2\.3 s +equal +99 +31\.0 s +passed$/),
    ]);
  });

  it('names what was lost, the first ten of it', () => {
    const lines = reportText([PASSED, FAILED]).split('\n');
    expect(lines[2]).toMatch(/DIFFER +98, 99 .* FAILED$/);
    expect(lines[3]).toBe('kubo: lost record 0: BLOB_UNAVAILABLE');
    expect(lines).toHaveLength(3 + 10 + 1);
    expect(lines.at(-1)).toBe('kubo: and 2 more');
  });

  it('tells of one drill in one line', () => {
    expect(resultLine(PASSED)).toMatch(/^ok: leader: 120 acknowledged, 0 lost, .* ledgers equal/);
    expect(resultLine(FAILED)).toMatch(/^FAILED: kubo: .* ledgers DIFFER/);
  });
});
