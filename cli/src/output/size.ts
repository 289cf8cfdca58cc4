/**
 * Sizes as people read them.
 *
 * @module
 */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units: `512 B`, `1.8 MB`. */
export function byteSize(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ''}`;
}
