/**
 * `emr index find`: whom a description fits.
 *
 * @module
 */
import { Command } from 'commander';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { withIndex } from '../../patients/index-location.js';
import { FACTS_HELP } from '../../patients/patient-facts.js';
import { describePatient } from '../../patients/patient-text.js';
import { queryOf, withQueryOptions, type QueryOptions } from '../../patients/which-patient.js';

/** Makes the command for one call. */
export function findCommand(host: Host): Command {
  return withQueryOptions(new Command('find'))
    .description('show the patients of the index whom a number, or a name and birth date, fit')
    .addHelpText('after', FACTS_HELP)
    .action(async (options: QueryOptions, command: Command) => {
      const call = new Call(host, command);
      const query = await queryOf(call, options);
      const { signal } = call;
      const patients = await withIndex(call, options, (index) => index.find(query, { signal }));
      const text = patients.map(describePatient).join('\n\n');
      call.output.result({ patients }, text === '' ? 'no patient of the index fits' : text);
    });
}
