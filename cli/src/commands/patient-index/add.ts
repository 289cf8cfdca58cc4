/**
 * `emr index add`: one patient into the hospital's index.
 *
 * @module
 */
import { IndexedPatient } from '@emr-share/gateway-client';
import { UserId, validate } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { matching } from '../../input/option-value.js';
import { readSmallFile } from '../../input/small-file.js';
import { withIndex, withIndexOptions, type IndexOptions } from '../../patients/index-location.js';
import { FACTS_HELP, parsePatientFacts } from '../../patients/patient-facts.js';

interface AddOptions extends IndexOptions {
  readonly facts: string;
}

/** Makes the command for one call. */
export function addCommand(host: Host): Command {
  return withIndexOptions(new Command('add'))
    .description('add a patient to the index, or replace what it has of the patient')
    .argument('<patient>', "the patient's pseudonymous ID", matching(UserId, 'a user ID'))
    .requiredOption('--facts <file>', 'name, birth date, numbers; - for stdin')
    .addHelpText('after', FACTS_HELP)
    .action(async (patient: UserId, options: AddOptions, command: Command) => {
      const call = new Call(host, command);
      const facts = parsePatientFacts(await readSmallFile(host, options.facts));
      const entry = validate(IndexedPatient, { patient, ...facts }, "the patient's facts");
      const { signal } = call;
      await withIndex(call, { ...options, create: true }, (index) =>
        index.put([entry], { signal }),
      );
      call.output.result({ patient }, `The index has ${patient}.`);
    });
}
