/**
 * How long something holds: a length of time, or a moment.
 *
 * @module
 */
import { CliError } from '../errors/cli-error.js';
import { parseDuration } from './duration.js';
import { parseUntil } from './moment.js';
import { checked } from './option-value.js';

/** Of `for` and `until`, one is there. */
export interface Validity {
  readonly for?: number;
  readonly until?: number;
}

export const FOR_OPTION = [
  '--for <duration>',
  'how long, such as 12h or 30d',
  checked(parseDuration),
] as const;

export const UNTIL_OPTION = [
  '--until <date>',
  'to the end of a day, or up to a moment',
  checked(parseUntil),
] as const;

/** @throws CliError `USAGE` */
export function assertValidity(validity: Validity): void {
  if ((validity.for === undefined) === (validity.until === undefined)) {
    throw new CliError('USAGE', 'say how long: --for 30d or --until 2026-12-31');
  }
  if (validity.until !== undefined && validity.until <= Date.now()) {
    throw new CliError('USAGE', 'the date of --until is past');
  }
}
