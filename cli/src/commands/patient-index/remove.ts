/**
 * `emr index remove`: the hospital's index forgets a patient.
 *
 * @module
 */
import { EmrError, UserId } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import type { Host } from '../../host.js';
import { matching } from '../../input/option-value.js';
import { withIndex, withIndexOptions, type IndexOptions } from '../../patients/index-location.js';

/** Makes the command for one call. */
export function removeCommand(host: Host): Command {
  return withIndexOptions(new Command('remove'))
    .description('forget a patient')
    .argument('<patient>', "the patient's pseudonymous ID", matching(UserId, 'a user ID'))
    .action(async (patient: UserId, options: IndexOptions, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const wasThere = await withIndex(call, options, (index) => index.remove(patient, { signal }));
      if (!wasThere) throw new EmrError('PATIENT_NOT_INDEXED', { given: 'ID' });
      call.output.result({ patient }, `The index has nothing of ${patient} any more.`);
    });
}
