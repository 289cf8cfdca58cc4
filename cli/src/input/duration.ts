/**
 * Lengths of time as people type them: `30d`, `12h`, `45m`.
 *
 * @module
 */
import { CliError } from '../errors/cli-error.js';

const UNIT_MS = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_557_600_000,
} as const;

/** Longest duration that is accepted: ten years. */
const MAX_DURATION_MS = 10 * UNIT_MS.y;

/**
 * Reads a duration: a whole number and one of s, m, h, d, w, y.
 *
 * @returns Milliseconds, from one second to ten years.
 * @throws CliError `USAGE`.
 */
export function parseDuration(text: string): number {
  const match = /^(?<count>[1-9][0-9]{0,9})(?<unit>[smhdwy])$/.exec(text);
  const durationMs =
    Number(match?.groups?.['count']) * UNIT_MS[match?.groups?.['unit'] as keyof typeof UNIT_MS];
  if (match !== null && durationMs <= MAX_DURATION_MS) return durationMs;
  throw new CliError(
    'USAGE',
    'a duration is a whole number and s, m, h, d, w or y, such as 12h or 30d, ten years at most',
  );
}
