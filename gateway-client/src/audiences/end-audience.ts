/**
 * Ending an audience grant: nobody gets in by it any more, its shares are purged everywhere, and a
 * receipt says so.
 *
 * @module
 */
import type { Audience, AudienceId, AudienceReceipt } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { closeWithReceipt, purgeEverywhere, type Ending } from '../ending.js';
import { submitSettled } from '../settle.js';

/** See `Audiences.end`. */
export async function endAudience(
  context: ClientContext,
  { body: { audienceId }, status }: Audience,
  signal: AbortSignal,
): Promise<AudienceReceipt> {
  if (status.state === 'active') await endOnLedger(context, audienceId, signal);
  const ending = endingOf(context, audienceId, signal);
  await purgeEverywhere(ending, signal);
  return closeWithReceipt(ending, signal);
}

async function endOnLedger(
  { ledger }: ClientContext,
  audienceId: AudienceId,
  signal: AbortSignal,
): Promise<void> {
  await submitSettled(
    ledger,
    'audience:EndAudience',
    { audienceId },
    {
      signal,
      recall: () => ledger.evaluate('audience:GetAudience', { audienceId }, { signal }),
      missing: 'AUDIENCE_NOT_FOUND',
      isOurs: ({ status }) => status.state === 'ended',
    },
  );
}

function endingOf(
  { ledger }: ClientContext,
  audienceId: AudienceId,
  signal: AbortSignal,
): Ending<AudienceReceipt> {
  const receipt = (): Promise<AudienceReceipt> =>
    ledger.evaluate('audience:GetReceipt', { audienceId }, { signal });
  return {
    status: () => ledger.evaluate('audience:GetShareStatus', { audienceId }, { signal }),
    purge: (mspId) => {
      const to = { organizations: [mspId], signal };
      return ledger.submit('audience:PurgeShares', { audienceId, mspId }, to);
    },
    isActive: 'AUDIENCE_ACTIVE',
    receipt,
    close: () => {
      const how = { signal, recall: receipt, missing: 'RECEIPT_NOT_FOUND' } as const;
      return submitSettled(ledger, 'audience:CloseAudience', { audienceId }, how);
    },
    isPresent: 'SHARE_PRESENT',
  };
}
