/**
 * `emr audience list` and `end`.
 *
 * @module
 */
import type { EmrClient } from '@emr-share/gateway-client';
import {
  EmrError,
  UserId,
  type Audience,
  type AudienceId,
  type AudienceReceipt,
} from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { collect } from '../../data/collect.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { completeId, isWholeId, parseIdPrefix } from '../../input/id-prefix.js';
import { checked, matching } from '../../input/option-value.js';
import { audienceTable } from '../../output/audience-text.js';
import { localTime } from '../../output/local-time.js';
import { purgedTable } from '../../output/receipt-text.js';

async function* ownIds(client: EmrClient, signal: AbortSignal): AsyncGenerator<string> {
  for await (const { body } of client.audiences.list({ signal })) yield body.audienceId;
}

async function audienceIdOf(
  client: EmrClient,
  prefix: string,
  signal: AbortSignal,
): Promise<AudienceId> {
  if (isWholeId(prefix)) return prefix;
  const audienceId = await completeId(prefix, ownIds(client, signal));
  if (audienceId === null) throw new EmrError('AUDIENCE_NOT_FOUND', { audienceId: prefix });
  return audienceId;
}

function describeReceipt({ audienceId, endedAt, closedAt, purged }: AudienceReceipt): string {
  return [
    `Rule ${audienceId} ended at ${localTime(endedAt)}.`,
    `At ${localTime(closedAt)} every organization confirmed that it has no share left:`,
    purgedTable(purged, 'shares'),
  ].join('\n');
}

/** Of those that have ended and are closed. */
async function receiptsOf(
  { audiences }: EmrClient,
  listed: readonly Audience[],
  signal: AbortSignal,
): Promise<readonly AudienceReceipt[]> {
  const found = listed
    .filter(({ status }) => status.state === 'ended')
    .map(async ({ body }) =>
      audiences.receipt(body.audienceId, { signal }).catch((error: unknown) => {
        if (EmrError.is(error, 'RECEIPT_NOT_FOUND')) return null;
        throw error;
      }),
    );
  return (await Promise.all(found)).filter((receipt) => receipt !== null);
}

/** Makes the command for one call. */
export function listAudiencesCommand(host: Host): Command {
  return new Command('list')
    .description("list a patient's rules: all of your own, of others those that let you in")
    .option('--patient <user>', 'whose (default: yours)', matching(UserId, 'a user ID'))
    .action(async ({ patient }: { patient?: UserId }, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const { audiences, receipts } = await withClient(call, async (client) => {
        const listed = await collect(client.audiences.list({ patient, signal }));
        return { audiences: listed, receipts: await receiptsOf(client, listed, signal) };
      });
      const closed = new Set(receipts.map(({ audienceId }) => audienceId));
      call.output.result({ audiences, receipts }, audienceTable(audiences, closed, Date.now()));
    });
}

/** Makes the command for one call. */
export function endAudienceCommand(host: Host): Command {
  return new Command('end')
    .description('(patient) end a rule; every organization purges its shares of your keys')
    .argument('<rule>', 'ID of the rule, or its first digits', checked(parseIdPrefix))
    .action(async (prefix: string, _options: unknown, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const receipt = await withClient(call, async (client) =>
        client.audiences.end(await audienceIdOf(client, prefix, signal), { signal }),
      );
      call.output.result({ receipt }, describeReceipt(receipt));
    });
}
