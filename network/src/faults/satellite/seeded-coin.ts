const MODULUS = 2 ** 32;

/**
 * Coins of a given bias, the same sequence for the same seed (mulberry32). For experiments, not for
 * secrets.
 */
export function seededCoin(seed: number): (probability: number) => boolean {
  let state = seed >>> 0;
  return (probability) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / MODULUS < probability;
  };
}
