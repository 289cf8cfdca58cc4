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
   * How often the place's router sends each packet; the router at the other end passes on the first
   * that arrives. Each takes its share of the rate, and is lost or not by itself.
   */
  readonly copies: number;
}

/** No delay, no loss, no limit: to set up what is measured later. */
export const TERRESTRIAL: LinkTerms = {
  oneWayMs: 0,
  bitsPerSecond: null,
  loss: 0,
  queueBytes: Number.MAX_SAFE_INTEGER,
  copies: 1,
};

/** A geostationary satellite: 600 ms for the way there and back, 1 Mbit/s, 1 % loss. */
export const SATELLITE: LinkTerms = {
  oneWayMs: 300,
  bitsPerSecond: 1_000_000,
  loss: 0.01,
  // One second's worth.
  queueBytes: 125_000,
  copies: 1,
};
