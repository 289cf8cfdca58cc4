/** What each drill breaks, in the order in which `all` runs them. */
export const DRILL_TITLES = {
  leader: 'the orderer that leads is killed',
  orderer: 'every orderer is killed, one after the other',
  peers: 'one peer of every hospital is killed at once',
  contract: "one hospital's contract service is killed",
  kubo: 'the Kubo node that takes the uploads is killed',
  hospital: 'every process of one hospital is killed',
  restart: 'every process is killed, and started from disk',
  disk: "a peer's disk is full, and has room again later",
  liar: "one hospital's contract alters what it writes and answers",
} as const;

export type DrillName = keyof typeof DRILL_TITLES;

export const DRILL_NAMES = Object.keys(DRILL_TITLES) as DrillName[];
