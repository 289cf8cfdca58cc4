/**
 * Entries of the index from a CSV file with a header.
 *
 * @module
 */
import { IndexedPatient } from '@emr-share/gateway-client';
import { EmrError, validate } from '@emr-share/model';
import { CsvError, parse } from 'csv-parse/sync';

/** Columns, in any order; `patient` must be there. */
export const CSV_COLUMNS = ['patient', 'name', 'family', 'given', 'born', 'sex', 'mrn'] as const;
type Column = (typeof CSV_COLUMNS)[number];
type Row = Readonly<Partial<Record<Column, string>>>;

const DELIMITERS = [',', ';', '\t'] as const;
const MAX_ROW_CHARS = 64 * 1024;
const SHORT_SEX: Readonly<Record<string, string>> = { f: 'female', m: 'male' };

function refuse(problem: string, cause?: unknown): EmrError<'INPUT_INVALID'> {
  return new EmrError('INPUT_INVALID', { what: 'the CSV file', problem }, { cause });
}

function isColumn(name: string): name is Column {
  return (CSV_COLUMNS as readonly string[]).includes(name);
}

/** A first row that is no header may hold a person's data: it is named by its place only. */
function columnsOf(header: readonly string[]): Column[] {
  const columns = header.map((title, index) => {
    const name = title.trim().toLowerCase();
    if (isColumn(name)) return name;
    throw refuse(`the title of column ${String(index + 1)} is none of ${CSV_COLUMNS.join(', ')}`);
  });
  if (new Set(columns).size !== columns.length) throw refuse('two columns have the same title');
  if (!columns.includes('patient')) throw refuse('there is no column patient');
  return columns;
}

function rowsOf(text: string): Row[] {
  const [header = ''] = text.split(/\r?\n/, 1);
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length);
  try {
    return parse(text, {
      bom: true,
      columns: columnsOf,
      delimiter: DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',',
      max_record_size: MAX_ROW_CHARS,
      skip_empty_lines: true,
      trim: true,
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    // What csv-parse says repeats the row.
    const problem = cause.code.replace(/^CSV_/, '').toLowerCase().replaceAll('_', ' ');
    throw refuse(`line ${String(cause['lines'])}: ${problem}`);
  }
}

const filled = (value: string | undefined): value is string => value !== undefined && value !== '';

function entryOf(row: Row, what: string, system: string | undefined): IndexedPatient {
  const { patient, name, family, given, born, sex, mrn } = row;
  const names = [name, [given, family].filter(filled).join(' ')].filter(filled);
  const entry = {
    patient,
    names,
    identifiers: filled(mrn)
      ? [system === undefined ? { value: mrn } : { system, value: mrn }]
      : [],
    ...(filled(born) ? { birthDate: born } : {}),
    ...(filled(sex) ? { sex: SHORT_SEX[sex.toLowerCase()] ?? sex.toLowerCase() } : {}),
  };
  return validate(IndexedPatient, entry, what);
}

/**
 * The patients of a CSV file.
 *
 * @param system - Which numbers the column `mrn` has, as a URI.
 * @throws EmrError `INPUT_INVALID`, which says where and repeats nothing of the file.
 */
export function patientsInCsv(text: string, system: string | undefined): IndexedPatient[] {
  const rows = rowsOf(text);
  if (rows.length === 0) throw refuse('it has no rows');
  return rows.map((row, index) => entryOf(row, `row ${String(index + 1)} of the CSV file`, system));
}
