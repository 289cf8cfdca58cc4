/**
 * `emr revoke`: end a grant, and see the proof that its fragments are gone.
 *
 * @module
 */
import type { EmrClient } from '@emr-share/gateway-client';
import type { Grant, RevocationReceipt } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../call.js';
import { withClient } from '../data/open-client.js';
import { grantIdOf } from '../data/visible.js';
import type { Host } from '../host.js';
import { parseIdPrefix } from '../input/id-prefix.js';
import { checked } from '../input/option-value.js';
import { localTime } from '../output/local-time.js';
import { purgedTable } from '../output/receipt-text.js';

function describeReceipt({ grantId, revokedAt, closedAt, purged }: RevocationReceipt): string {
  return [
    `Grant ${grantId} was revoked at ${localTime(revokedAt)}.`,
    `At ${localTime(closedAt)} every organization confirmed that it has no fragment left:`,
    purgedTable(purged, 'fragments'),
    'What was read before stays read; what is filed from now on has new keys.',
  ].join('\n');
}

async function renounce(call: Call, client: EmrClient, { body }: Grant): Promise<void> {
  const grant = await client.grants.renounce(body.grantId, { signal: call.signal });
  call.output.result({ grant }, `You gave up grant ${body.grantId} of ${body.patient}.`);
}

async function revoke(call: Call, client: EmrClient, { body }: Grant): Promise<void> {
  const receipt = await client.grants.revoke(body.grantId, { signal: call.signal });
  call.output.result({ receipt }, describeReceipt(receipt));
}

/** Makes the command for one call. */
export function revokeCommand(host: Host): Command {
  return new Command('revoke')
    .description(
      '(patient) end a grant and have every organization purge its fragments; (physician) give it up',
    )
    .argument('<grant>', 'grant ID, or its first digits', checked(parseIdPrefix))
    .action(async (prefix: string, _options: unknown, command: Command) => {
      const call = new Call(host, command);
      await withClient(call, async (client) => {
        const grantId = await grantIdOf(client, prefix, call.signal);
        const grant = await client.grants.get(grantId, { signal: call.signal });
        await (grant.body.patient === client.userId ? revoke : renounce)(call, client, grant);
      });
    });
}
