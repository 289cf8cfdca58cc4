/**
 * Revoking: the grant ends, its fragments are purged everywhere, and a new epoch begins for what is
 * filed from then on. Each step is skipped where the ledger shows it done, so that calling again
 * finishes what a crash or a custodian's absence left.
 *
 * @module
 */
import {
  categoryScopeId,
  EmrError,
  type Grant,
  type GrantId,
  type RevocationReceipt,
  type UserId,
} from '@emr-share/model';
import { allOf } from '../all-of.js';
import { extendOwnAudiences } from '../audiences/extend-own-audiences.js';
import type { ClientContext } from '../client-context.js';
import { coveredEpochs } from '../covered-scopes.js';
import { closeWithReceipt, purgeEverywhere, type Ending } from '../ending.js';
import { ownCurrentScope, publishScopes } from '../identity/scopes.js';
import { submitSettled } from '../settle.js';
import { extendOwnGrants } from './extend-own-grants.js';
import { coveredCategories } from './terms.js';

/** Ends a grant on the ledger; from then on nobody gets a ticket or a cfrag under it. */
export async function endGrant(
  { ledger }: ClientContext,
  grantId: GrantId,
  signal: AbortSignal,
  check: (grant: Grant) => void = () => undefined,
): Promise<Grant> {
  const recall = (): Promise<Grant> => ledger.evaluate('grants:GetGrant', { grantId }, { signal });
  const grant = await recall();
  check(grant);
  if (grant.status.state === 'revoked') return grant;
  const { response } = await submitSettled(
    ledger,
    'grants:RevokeGrant',
    { grantId },
    {
      signal,
      recall,
      missing: 'GRANT_NOT_FOUND',
      isOurs: ({ status }) => status.state === 'revoked',
    },
  );
  return response;
}

const assertGivenBy =
  (userId: UserId) =>
  ({ body }: Grant): void => {
    if (body.patient === userId) return;
    const problem = 'another patient gave it; to give it up, renounce it';
    throw new EmrError('INPUT_INVALID', { what: 'the grant', problem });
  };

/** See `Grants.revoke`. */
export async function revokeGrant(
  context: ClientContext,
  grantId: GrantId,
  { rollEpoch, signal }: { readonly rollEpoch: boolean; readonly signal: AbortSignal },
): Promise<RevocationReceipt> {
  const grant = await endGrant(context, grantId, signal, assertGivenBy(context.userId));
  if (rollEpoch) await startNextEpochs(context, grant, signal);
  const ending = endingOf(context, grantId, signal);
  await allOf(
    [
      purgeEverywhere(ending, signal),
      ...(rollEpoch
        ? [
            extendOwnGrants(context, coveredCategories(grant), signal),
            extendOwnAudiences(context, coveredCategories(grant), signal),
          ]
        : []),
    ],
    signal,
  );
  return closeWithReceipt(ending, signal);
}

/** A new epoch for each covered category whose current one the revoked grant opens. */
async function startNextEpochs(
  context: ClientContext,
  grant: Grant,
  signal: AbortSignal,
): Promise<void> {
  const next = await Promise.all(
    coveredCategories(grant).map(async (category) => {
      const current = await ownCurrentScope(context, category, signal);
      return current !== null && coveredEpochs(grant, category).includes(current.epoch)
        ? [categoryScopeId(context.userId, category, current.epoch + 1)]
        : [];
    }),
  );
  await publishScopes(context, next.flat(), signal);
}

function endingOf(
  { ledger }: ClientContext,
  grantId: GrantId,
  signal: AbortSignal,
): Ending<RevocationReceipt> {
  const receipt = (): Promise<RevocationReceipt> =>
    ledger.evaluate('grants:GetReceipt', { grantId }, { signal });
  return {
    status: () => ledger.evaluate('grants:GetFragmentStatus', { grantId }, { signal }),
    purge: (mspId) => {
      const to = { organizations: [mspId], signal };
      return ledger.submit('grants:PurgeFragments', { grantId, mspId }, to);
    },
    isActive: 'GRANT_ACTIVE',
    receipt,
    close: () => {
      const how = { signal, recall: receipt, missing: 'RECEIPT_NOT_FOUND' } as const;
      return submitSettled(ledger, 'grants:CloseGrant', { grantId }, how);
    },
    isPresent: 'FRAGMENT_PRESENT',
  };
}
