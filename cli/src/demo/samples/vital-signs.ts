/**
 * Synthetic vital signs of one day: a table as a bedside monitor exports it.
 *
 * @module
 */

const START = Date.UTC(2026, 2, 2);
const STEP_MINUTES = 10;
const ROWS = (24 * 60) / STEP_MINUTES;

/** A daily rhythm with a faster one on top; smooth, bounded, the same at every call. */
function rhythm(row: number, mean: number, daily: number, fast: number): number {
  const day = Math.sin((2 * Math.PI * (row - ROWS / 4)) / ROWS);
  return mean + daily * day + fast * Math.sin(row * 1.7) * Math.cos(row * 0.61);
}

function vitalSigns(row: number): string {
  const time = new Date(START + row * STEP_MINUTES * 60_000).toISOString();
  return [
    time,
    rhythm(row, 71, 9, 4).toFixed(0),
    rhythm(row, 128, 8, 5).toFixed(0),
    rhythm(row, 79, 5, 3).toFixed(0),
    rhythm(row, 97, 0.8, 0.9).toFixed(0),
    rhythm(row, 15, 1.5, 1).toFixed(0),
    rhythm(row, 36.7, 0.3, 0.1).toFixed(1),
  ].join(',');
}

/** The table as CSV (RFC 4180): one row for every ten minutes. */
export function vitalSignsCsv(): Uint8Array {
  const header =
    'time,heart_rate_bpm,systolic_mmhg,diastolic_mmhg,spo2_percent,resp_rate_per_min,temperature_celsius';
  const rows = Array.from({ length: ROWS }, (_, row) => vitalSigns(row));
  return new TextEncoder().encode([header, ...rows, ''].join('\r\n'));
}
