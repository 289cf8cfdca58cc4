/**
 * Ending an audience grant: nobody gets in by it any more, and its shares are purged everywhere. Each
 * step is skipped where the ledger shows it done, so that calling again finishes what a crash or a
 * custodian's absence left.
 *
 * @module
 */
import {
  EmrError,
  type Audience,
  type AudienceId,
  type MspId,
  type ShareStatus,
} from '@emr-share/model';
import { allOf } from '../all-of.js';
import type { ClientContext } from '../client-context.js';
import { whileBehind } from '../retry.js';
import { submitSettled } from '../settle.js';

/** See `Audiences.end`. */
export async function endAudience(
  context: ClientContext,
  { body: { audienceId }, status }: Audience,
  signal: AbortSignal,
): Promise<readonly ShareStatus[]> {
  if (status.state === 'active') await endOnLedger(context, audienceId, signal);
  const before = await shareStatus(context, audienceId, signal);
  const holding = before.filter(({ present }) => present.length > 0);
  if (holding.length === 0) return before;
  // All are asked, even where one fails: each share that goes brings the rest below the threshold.
  await allOf(
    holding.map(({ mspId }) => purgeAt(context, audienceId, mspId, signal)),
    signal,
  );
  return shareStatus(context, audienceId, signal);
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

async function purgeAt(
  { ledger }: ClientContext,
  audienceId: AudienceId,
  mspId: MspId,
  signal: AbortSignal,
): Promise<void> {
  try {
    await whileBehind(['AUDIENCE_ACTIVE'], signal, () =>
      ledger.submit(
        'audience:PurgeShares',
        { audienceId, mspId },
        { organizations: [mspId], signal },
      ),
    );
  } catch (error) {
    // Whether it is gone shows in the status that is read next.
    if (!EmrError.is(error, 'COMMIT_UNKNOWN')) throw error;
  }
}

async function shareStatus(
  { ledger }: ClientContext,
  audienceId: AudienceId,
  signal: AbortSignal,
): Promise<readonly ShareStatus[]> {
  const status = await ledger.evaluate('audience:GetShareStatus', { audienceId }, { signal });
  return status.custodians;
}
