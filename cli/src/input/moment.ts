/**
 * Moments as people type them: a date, or a date and a time, local unless a zone is given.
 *
 * @module
 */
import { CliError } from '../errors/cli-error.js';
import { parseDuration } from './duration.js';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})?$/;
const DURATION = /^\d+[a-z]$/;

function badMoment(): CliError {
  return new CliError(
    'USAGE',
    'a date is 2026-12-31 or 2026-12-31T18:00 (local time, or with a zone such as Z or +01:00)',
  );
}

/** The start of a calendar day in local time; `null` for a day that the calendar does not have. */
function localDay(text: string): Date | null {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  const date = new Date(year, month - 1, day);
  return date.getMonth() === month - 1 && date.getDate() === day ? date : null;
}

function parseDateTime(text: string): number {
  const millis = Date.parse(text.replace(' ', 'T'));
  if (!DATE_TIME.test(text) || Number.isNaN(millis) || localDay(text.slice(0, 10)) === null) {
    throw badMoment();
  }
  return millis;
}

/**
 * Reads the moment up to which something holds. A date alone means to the end of that day.
 *
 * @returns Milliseconds since 1970.
 * @throws CliError `USAGE`.
 */
export function parseUntil(text: string): number {
  if (!DATE.test(text)) return parseDateTime(text);
  const day = localDay(text);
  if (day === null) throw badMoment();
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime();
}

/**
 * Reads the moment from which on something is wanted: a date, a date and time, or a duration back
 * from `now`.
 *
 * @returns Milliseconds since 1970.
 * @throws CliError `USAGE`.
 */
export function parseSince(text: string, now: number): number {
  if (DURATION.test(text)) return Math.max(0, now - parseDuration(text));
  if (!DATE.test(text)) return parseDateTime(text);
  const day = localDay(text);
  if (day === null) throw badMoment();
  return day.getTime();
}
