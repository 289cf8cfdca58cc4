/**
 * What is known of a patient, as lines of text: from a file or stdin, for a name on a command line
 * would stand in the list of processes and in the shell's history.
 *
 * @module
 */
import type { PatientIdentifier } from '@emr-share/gateway-client';
import { CliError } from '../errors/cli-error.js';

/** `name: Ana Sample` and so on, each on a line. */
export const FACTS_HELP = `
The file has a line for each fact:
  name: Ana Sample      whole name; in an index also former ones, a line each
  born: 1978-05-14
  sex: female           female, male, other or unknown
  mrn: 4711             a number of the hospital; may be repeated
  system: URI           which numbers these are`;

const NAMES = ['name', 'born', 'sex', 'mrn', 'system'] as const;
type FactName = (typeof NAMES)[number];

const LINE = /^\s*([a-z]+)\s*[:=]\s*(.*?)\s*$/i;

/** Facts as they were read; whoever uses them validates them. */
export interface PatientFacts {
  readonly names: readonly string[];
  readonly birthDate?: string;
  readonly sex?: string;
  readonly identifiers: readonly PatientIdentifier[];
}

function malformed(line: number, problem: string): CliError {
  return new CliError('USAGE', `line ${String(line)} of the patient's facts: ${problem}`, {
    details: { line },
  });
}

function isFactName(name: string): name is FactName {
  return (NAMES as readonly string[]).includes(name);
}

/** Values by name, without lines that are empty. */
function valuesIn(text: string): Map<FactName, string[]> {
  const values = new Map<FactName, string[]>();
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '') continue;
    const [, name = '', value = ''] = LINE.exec(line) ?? [];
    const known = name.toLowerCase();
    if (!isFactName(known)) throw malformed(index + 1, `it is one of ${NAMES.join(', ')}`);
    if (value === '') throw malformed(index + 1, 'it has no value');
    values.set(known, [...(values.get(known) ?? []), value]);
  }
  return values;
}

/**
 * Reads facts.
 *
 * @throws CliError `USAGE`, which names the line and repeats nothing of it.
 */
export function parsePatientFacts(text: string): PatientFacts {
  const values = valuesIn(text);
  const single = (name: FactName): string | undefined => {
    const [value, ...others] = values.get(name) ?? [];
    if (others.length === 0) return value;
    throw new CliError('USAGE', `the patient's facts have more than one line for ${name}`);
  };
  const [birthDate, sex, system] = [single('born'), single('sex'), single('system')];
  return {
    names: values.get('name') ?? [],
    identifiers: (values.get('mrn') ?? []).map((value) =>
      system === undefined ? { value } : { system, value },
    ),
    ...(birthDate === undefined ? {} : { birthDate }),
    ...(sex === undefined ? {} : { sex }),
  };
}
