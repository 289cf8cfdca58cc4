/** What a link does to packets between any two places. */
export interface LinkTerms {
  /** From one place to another, in milliseconds, before any queue. */
  readonly oneWayMs: number;
  /** Of each place, upwards and downwards, in bits a second; `null`: as fast as it goes. */
  readonly bitsPerSecond: number | null;
  /** Share of the packets that are lost between two places, 0 to 1, each by itself. */
  readonly loss: number;
  /** Bytes that may wait for their turn, in each direction of each place; more is dropped. */
  readonly queueBytes: number;
  /**
   * Forward error correction between the places' routers: after so many packets to a place, or a
   * moment after the last one, a repair packet as long as the longest of them, of which the router at
   * the other end makes any one that is missing (an XOR of all, as in RFC 8627). It takes its share of
   * the rate, and is lost or not as the others are. 0: none.
   */
  readonly repairEvery: number;
}

/** No delay, no loss, no limit: to set up what is measured later. */
export const TERRESTRIAL: LinkTerms = {
  oneWayMs: 0,
  bitsPerSecond: null,
  loss: 0,
  queueBytes: Number.MAX_SAFE_INTEGER,
  repairEvery: 0,
};

/** A geostationary satellite: 600 ms for the way there and back, 1 Mbit/s, 1 % loss. */
export const SATELLITE: LinkTerms = {
  oneWayMs: 300,
  bitsPerSecond: 1_000_000,
  loss: 0.01,
  // One second's worth.
  queueBytes: 125_000,
  repairEvery: 0,
};
