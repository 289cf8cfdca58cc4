/**
 * CSV files: text in which every row has as many fields as the header.
 *
 * @module
 */
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import type { ContentFile } from './content-file.js';

export const CSV_TYPE = 'text/csv';

const SNIFF_BYTES = 64 * 1024;
const DELIMITERS = [',', ';', '\t', '|'] as const;
/** Rows that are checked; a file of years of measurements is not read twice for it. */
const CHECKED_ROWS = 10_000;
/** A field longer than this is no table. */
const MAX_ROW_CHARS = 1024 * 1024;

/** The delimiter that the header uses most; a comma where there is a single column. */
function delimiterOf(head: Uint8Array): string {
  const [header = ''] = new TextDecoder().decode(head).split(/\r?\n/, 1);
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

/**
 * Checks that a file parses as CSV, reading no more than its first ten thousand rows.
 *
 * @throws EmrError `INPUT_INVALID`.
 */
export async function checkCsv(file: ContentFile): Promise<void> {
  const head = await file.head(SNIFF_BYTES);
  if (head.includes(0)) throw file.mismatch('it is a binary file, not CSV');
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(head),
    to: CHECKED_ROWS,
    max_record_size: MAX_ROW_CHARS,
    skip_empty_lines: true,
  });
  let rows = 0;
  try {
    await pipeline(file.stream(), parser, async (source: AsyncIterable<unknown>) => {
      for await (const _row of source) rows += 1;
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const problem = cause.code.replace(/^CSV_/, '').toLowerCase().replaceAll('_', ' ');
    throw file.mismatch(
      `it does not parse as CSV (line ${String(cause['lines'])}: ${problem})`,
      cause,
    );
  }
  if (rows === 0) throw file.mismatch('it has no rows');
}
