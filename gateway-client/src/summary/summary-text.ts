/**
 * A summary as a page for a screen.
 *
 * @module
 */
import type { PatientSummary, SummaryLine } from './patient-summary.js';

/** Control characters, also those that turn the direction of text: a record must not draw the screen. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]+/gu;
const MAX_LINE = 160;

/**
 * The summary as plain text: who it is and when it was made; then allergies, medication, problems,
 * implants, blood group and advance directives, each with the date it was written down. Urgent lines
 * begin with `!`. What could not be read is named at the end.
 */
export function summaryText({ person, madeAt, sections, skipped }: PatientSummary): string {
  const minute = madeAt.toISOString().slice(0, 16).replace('T', ' ');
  return [
    `EMERGENCY SUMMARY ${printable(person === '' ? 'of a person not named' : person)}`,
    `as of ${minute} UTC`,
    ...sections.flatMap(({ title, lines }) => [
      '',
      title.toUpperCase(),
      ...(lines.length === 0 ? ['  nothing is known'] : lines.map(lineOf)),
    ]),
    ...(skipped.length === 0 ? [] : ['', warningOf(skipped.length)]),
  ].join('\n');
}

function lineOf({ text, recorded, urgent }: SummaryLine): string {
  const date = recorded === '' ? '' : ` (${recorded.slice(0, 10)})`;
  return `${urgent ? '! ' : '  '}${printable(text)}${date}`;
}

function printable(text: string): string {
  const line = text.replaceAll(UNPRINTABLE, ' ').trim();
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 1)}…` : line;
}

function warningOf(count: number): string {
  return count === 1
    ? 'NOT COMPLETE: 1 entry could not be read'
    : `NOT COMPLETE: ${String(count)} entries could not be read`;
}
