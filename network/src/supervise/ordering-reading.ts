/**
 * What an orderer says of itself on its metrics page.
 *
 * @module
 */

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
}

function gauge(metrics: readonly string[], name: string, channel: string): number | null {
  const start = `${name}{channel="${channel}"`;
  const line = metrics.find((text) => text.startsWith(start));
  if (line === undefined) return null;
  const value = Number(line.slice(line.lastIndexOf(' ') + 1));
  return Number.isFinite(value) ? value : null;
}

/** Reads the page, in Prometheus' text format; `null` where it has no ledger of that channel. */
export function readingIn(page: string, channel: string): OrdererReading | null {
  const lines = page.split('\n');
  const read = (name: string): number | null => gauge(lines, name, channel);
  const height = read('ledger_blockchain_height');
  if (height === null) return null;
  const leads = read('consensus_BFT_is_leader') ?? read('consensus_etcdraft_is_leader');
  return {
    height,
    leads: leads === 1,
    view: read('consensus_smartbft_viewchange_current_view'),
    nextView: read('consensus_smartbft_viewchange_next_view'),
    realView: read('consensus_smartbft_viewchange_real_view'),
    waiting: read('consensus_smartbft_pool_count_of_elements'),
  };
}
