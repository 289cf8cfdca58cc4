/**
 * `emr index import`: many patients into the hospital's index, all or none.
 *
 * @module
 */
import { patientsInFhir, PSEUDONYM_SYSTEM, type IndexedPatient } from '@emr-share/gateway-client';
import { EmrError } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { ContentFile } from '../../content/content-file.js';
import { looksLikeJson } from '../../content/json.js';
import { CliError } from '../../errors/cli-error.js';
import type { Host } from '../../host.js';
import { withIndex, withIndexOptions, type IndexOptions } from '../../patients/index-location.js';
import { CSV_COLUMNS, patientsInCsv } from '../../patients/patient-csv.js';

/** Files are read as a whole: either every row is in the index afterwards, or none. */
const MAX_BYTES = 256 * 1024 * 1024;
const SNIFF_BYTES = 64;

const HELP = `
CSV: a header with some of ${CSV_COLUMNS.join(', ')}; patient is the
pseudonymous ID, born a date such as 1978-05-14, sex female, male, other or unknown.
FHIR: a Patient, or a Bundle of them; an identifier of the system
${PSEUDONYM_SYSTEM} has the pseudonymous ID.`;

interface ImportOptions extends IndexOptions {
  readonly mrnSystem?: string;
  readonly idSystem?: string;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says repeats the file.
    throw new EmrError('INPUT_INVALID', { what: 'the FHIR file', problem: 'it is not JSON' });
  }
}

async function patientsIn(path: string, options: ImportOptions): Promise<IndexedPatient[]> {
  const file = await ContentFile.at(path);
  if (file.sizeBytes > MAX_BYTES) {
    const problem = 'it is larger than 256 MiB; import it in parts';
    throw new CliError('FILE_UNREADABLE', `cannot read ${path}: ${problem}`, {
      details: { path, problem },
    });
  }
  const bytes = await file.head(MAX_BYTES);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new EmrError('INPUT_INVALID', { what: path, problem: 'it is not text in UTF-8' });
  }
  return looksLikeJson(bytes.subarray(0, SNIFF_BYTES))
    ? patientsInFhir(parsed(text), options.idSystem)
    : patientsInCsv(text, options.mrnSystem);
}

/** Makes the command for one call. */
export function importCommand(host: Host): Command {
  return withIndexOptions(new Command('import'))
    .description('add the patients of a CSV file, or of FHIR Patient resources: all or none')
    .argument('<file>', 'CSV, or FHIR as JSON')
    .option('--mrn-system <uri>', 'CSV: which numbers the column mrn has')
    .option('--id-system <uri>', `FHIR: the system of the pseudonymous ID (${PSEUDONYM_SYSTEM})`)
    .addHelpText('after', HELP)
    .action(async (path: string, options: ImportOptions, command: Command) => {
      const call = new Call(host, command);
      const patients = await patientsIn(path, options);
      const { signal } = call;
      await withIndex(call, { ...options, create: true }, (index) =>
        index.put(patients, { signal }),
      );
      const count = patients.length;
      call.output.result({ imported: count }, `Imported ${String(count)} patients.`);
    });
}
