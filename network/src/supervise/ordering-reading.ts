/**
 * What an orderer says of itself on its metrics page.
 *
 * @module
 */
import { heightIn } from '../nodes/health.js';
import type { MetricsPage } from '../nodes/metrics-page.js';

/** One orderer at one moment. Numbers that the page does not have are `null`. */
export interface OrdererReading {
  /** Blocks in its ledger of the channel. */
  height: number;
  /** Whether it leads, as it sees it. */
  leads: boolean;
  /** SmartBFT: the view it orders in; another one than `nextView` while it changes views. */
  view: number | null;
  nextView: number | null;
  /** SmartBFT: the view that was last installed. */
  realView: number | null;
  /** SmartBFT: requests that wait for their block. */
  waiting: number | null;
  /** SmartBFT: blocks that it has voted on since it was started, and not fetched from others. */
  decided: number | null;
}

/** Reads the page; `null` where it has no ledger of that channel. */
export function readingIn(metrics: MetricsPage, channel: string): OrdererReading | null {
  const read = (name: string): number | null => metrics.sum(name, { channel });
  const height = heightIn(metrics, channel);
  if (height === null) return null;
  const leads = read('consensus_BFT_is_leader') ?? read('consensus_etcdraft_is_leader');
  return {
    height,
    leads: leads === 1,
    view: read('consensus_smartbft_viewchange_current_view'),
    nextView: read('consensus_smartbft_viewchange_next_view'),
    realView: read('consensus_smartbft_viewchange_real_view'),
    waiting: read('consensus_smartbft_pool_count_of_elements'),
    decided: read('consensus_smartbft_view_count_batch_all'),
  };
}
