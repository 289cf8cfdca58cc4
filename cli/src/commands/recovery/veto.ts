/**
 * `emr recovery veto`: from a device that was not lost.
 *
 * @module
 */
import type { EmrClient } from '@emr-share/gateway-client';
import { EmrError, type RecoveryRequestId } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { completeId, isWholeId, parseIdPrefix } from '../../input/id-prefix.js';
import { checked } from '../../input/option-value.js';
import { describeRecovery } from '../../output/recovery-text.js';

async function* ownRequestIds(
  { recovery }: EmrClient,
  signal: AbortSignal,
): AsyncGenerator<RecoveryRequestId, void, void> {
  for await (const { requestId } of recovery.requests({ signal })) yield requestId;
}

async function requestIdOf(
  client: EmrClient,
  prefix: string,
  signal: AbortSignal,
): Promise<RecoveryRequestId> {
  if (isWholeId(prefix)) return prefix;
  const id = await completeId(prefix, ownRequestIds(client, signal));
  if (id === null) throw new EmrError('RECOVERY_NOT_FOUND', { requestId: prefix });
  return id;
}

/** Makes the command for one call. */
export function vetoCommand(host: Host): Command {
  return new Command('veto')
    .description('(patient, from a device that was not lost) end a recovery that is not yours')
    .argument('<recovery>', 'its ID, or its first digits', checked(parseIdPrefix))
    .action(async (prefix: string, _options: unknown, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const request = await withClient(call, async (client) =>
        client.recovery.veto(await requestIdOf(client, prefix, signal), { signal }),
      );
      call.output.result(
        { request },
        [
          `Vetoed:\n${describeRecovery(request, Date.now())}`,
          'Somebody has a certificate in your name: tell your hospital, which can revoke it.',
        ].join('\n'),
      );
    });
}
