/**
 * Order statistics: robust against the odd slow round on a shared machine.
 *
 * @module
 */

/** The value below which `fraction` of the sorted values lie, interpolated. */
export function quantile(values: readonly number[], fraction: number): number {
  if (values.length === 0) throw new RangeError('"values" expected at least one');
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** A median with the quartiles around it. */
export interface Spread {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  lowerQuartile: quantile(values, 0.25),
  upperQuartile: quantile(values, 0.75),
});
