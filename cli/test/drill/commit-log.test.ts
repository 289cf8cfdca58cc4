import { describe, expect, it } from '@jest/globals';
import { CommitLog } from '../../src/drill/load/commit-log.js';

describe('the log of commits', () => {
  it('measures recovery by transactions that were begun after the fault', () => {
    const log = new CommitLog();
    log.note({ begunAt: 90, acknowledgedAt: 110 });
    expect(log.firstBegunSince(100)).toBeNull();
    log.note({ begunAt: 120, acknowledgedAt: 300 });
    log.note({ begunAt: 130, acknowledgedAt: 250 });
    expect(log.firstBegunSince(100)).toBe(250);
  });

  it('finds the longest time without a commit, at the ends too', () => {
    const log = new CommitLog();
    for (const acknowledgedAt of [30, 10, 90]) log.note({ begunAt: 0, acknowledgedAt });
    expect(log.longestGapMs(0, 100)).toBe(60);
    expect(log.longestGapMs(0, 200)).toBe(110);
    expect(log.longestGapMs(40, 80)).toBe(40);
  });

  it('wakes up who waits for the next commit', async () => {
    const log = new CommitLog();
    const next = log.next();
    log.note({ begunAt: 1, acknowledgedAt: 2 });
    await expect(next).resolves.toBeUndefined();
    expect(log.count).toBe(1);
  });
});
