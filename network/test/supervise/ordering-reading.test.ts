import { describe, expect, it } from '@jest/globals';
import { MetricsPage } from '../../src/nodes/metrics-page.js';
import { quorumOf } from '../../src/supervise/ordering-judge.js';
import { readingIn } from '../../src/supervise/ordering-reading.js';

const PAGE = new MetricsPage(`# HELP ledger_blockchain_height Height of the chain in blocks.
# TYPE ledger_blockchain_height gauge
ledger_blockchain_height{channel="emr"} 213
ledger_blockchain_height{channel="emr2"} 7
consensus_BFT_is_leader{channel="emr"} 1
consensus_smartbft_viewchange_current_view{channel="emr"} 2
consensus_smartbft_viewchange_next_view{channel="emr"} 3
consensus_smartbft_viewchange_real_view{channel="emr"} 2
consensus_smartbft_pool_count_of_elements{channel="emr"} 1.2e+01
consensus_smartbft_view_count_batch_all{channel="emr"} 31
`);

describe("an orderer's metrics page", () => {
  it('is read for its channel', () => {
    expect(readingIn(PAGE, 'emr')).toEqual({
      height: 213,
      leads: true,
      view: 2,
      nextView: 3,
      realView: 2,
      waiting: 12,
      decided: 31,
    });
  });

  it('gives no numbers that it does not have', () => {
    expect(readingIn(PAGE, 'emr2')).toMatchObject({ height: 7, leads: false, waiting: null });
    expect(readingIn(PAGE, 'other')).toBeNull();
    expect(readingIn(new MetricsPage(''), 'emr')).toBeNull();
  });
});

describe('a quorum', () => {
  it.each([
    [4, 'bft', 3],
    [7, 'bft', 5],
    [10, 'bft', 7],
    [4, 'raft', 3],
    [3, 'raft', 2],
  ] as const)('of %i orderers with %s is %i', (count, type, quorum) => {
    expect(quorumOf(count, type)).toBe(quorum);
  });
});
