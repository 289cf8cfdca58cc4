/**
 * `emr recovery approve`: what an officer, admin or guardian does who has seen the patient.
 *
 * @module
 */
import { isRecoveryCode, type EmrClient } from '@emr-share/gateway-client';
import { isRecoveryGoingOn, UserId, type RecoveryRequest } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { CliError } from '../../errors/cli-error.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { matching } from '../../input/option-value.js';
import { describeRecovery } from '../../output/recovery-text.js';

const WARNING = `
See the patient in person. The code is on the patient's new device and names the key that the shares
go to: do not approve by telephone, nor a code that somebody sent you.`;

/** The request of the device that shows the code; one that goes on where there are several. */
async function requestWith(
  { recovery }: EmrClient,
  patient: UserId,
  code: string,
  signal: AbortSignal,
): Promise<RecoveryRequest> {
  let found: RecoveryRequest | undefined;
  for await (const request of recovery.requests({ patient, signal })) {
    if (!isRecoveryCode(code, request.recoveryKey)) continue;
    if (found === undefined || isRecoveryGoingOn(request, Date.now())) found = request;
  }
  if (found !== undefined) return found;
  throw new CliError('USAGE', `no device of ${patient} that asked for a recovery has that code`);
}

/** Makes the command for one call. */
export function approveCommand(host: Host): Command {
  return new Command('approve')
    .description('(privacy officer or admin of a hospital in the plan; guardian)')
    .argument('<patient>', 'whose keys were lost', matching(UserId, 'a user ID'))
    .requiredOption('--code <code>', 'the code that the new device shows')
    .addHelpText('after', WARNING)
    .action(async (patient: UserId, { code }: { readonly code: string }, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const request = await withClient(call, async (client) => {
        const { requestId } = await requestWith(client, patient, code, signal);
        return client.recovery.approve(requestId, { code, signal });
      });
      call.output.result({ request }, `Approved:\n${describeRecovery(request, Date.now())}`);
    });
}
