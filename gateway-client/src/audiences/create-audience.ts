/**
 * Creating an audience grant: the shares first, each with its custodian, then the grant.
 *
 * @module
 */
import {
  AudienceId,
  EmrError,
  validate,
  type Audience,
  type AudienceBody,
  type Category,
  type PolicyBody,
  type SignedAudience,
  type SignedAudienceScope,
} from '@emr-share/model';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { missingScopes } from '../covered-scopes.js';
import { ownCurrentScope, ownScopes, type CurrentScope } from '../identity/scopes.js';
import { whileBehind } from '../retry.js';
import { find, submitSettled } from '../settle.js';
import { extendAudience, extendBy } from './extend-audience.js';
import { depositShares, shareScope, withCurrentSharers, type Sharers } from './shares.js';
import {
  assertAudienceWithinPolicy,
  audienceBodyOf,
  isAudienceOf,
  type AudienceTerms,
} from './terms.js';

/**
 * Shares the keys of the categories' current epochs, puts the grant on the ledger, and extends it to
 * the earlier epochs.
 *
 * @param audienceId - Names a call that may be repeated; left out: a new grant.
 * @throws EmrError `AUDIENCE_EXISTS` for other terms under the same ID; `AUDIENCE_ENDED`;
 *   `AUDIENCE_REFUSED`; `SCOPE_NOT_FOUND` for a category that is not published.
 */
export async function createAudience(
  context: ClientContext,
  terms: AudienceTerms,
  audienceId: AudienceId | undefined,
  signal: AbortSignal,
): Promise<Audience> {
  const existing =
    audienceId === undefined ? null : await existingAudience(context, audienceId, terms, signal);
  if (existing !== null) return extendAudience(context, existing, 'beginning', signal);
  const [scopes, policy] = await Promise.all([
    currentScopes(context, terms.categories, signal),
    context.directory.policy(context.userId, signal),
  ]);
  const id = audienceId ?? bytesToHex(context.rng(16));
  const created = await newAudience(context, { audienceId: id, terms, scopes, policy }, signal);
  const earlier = scopes.flatMap(({ category, epoch }) =>
    missingScopes(created, category, { from: 0, to: epoch }),
  );
  return extendBy(context, created, await ownScopes(context, earlier, signal), signal);
}

async function existingAudience(
  { ledger, userId }: ClientContext,
  audienceId: AudienceId,
  terms: AudienceTerms,
  signal: AbortSignal,
): Promise<Audience | null> {
  validate(AudienceId, audienceId, 'the ID of the audience grant');
  const found = await find('AUDIENCE_NOT_FOUND', () =>
    ledger.evaluate('audience:GetAudience', { audienceId }, { signal }),
  );
  if (found === null) return null;
  if (found.body.patient !== userId || !isAudienceOf(found, terms)) {
    throw new EmrError('AUDIENCE_EXISTS', { audienceId });
  }
  if (found.status.state === 'ended') {
    throw new EmrError('AUDIENCE_ENDED', { audienceId, endedAt: found.status.endedAt });
  }
  return found;
}

async function currentScopes(
  context: ClientContext,
  categories: readonly Category[],
  signal: AbortSignal,
): Promise<readonly CategoryScope[]> {
  return Promise.all(
    categories.map(async (category) => {
      const current = await ownCurrentScope(context, category, signal);
      if (current !== null) return { ...current, category };
      throw new EmrError('SCOPE_NOT_FOUND', { scopeId: `${context.userId}/${category}/0` });
    }),
  );
}

interface CategoryScope extends CurrentScope {
  readonly category: Category;
}

interface Wanted {
  readonly audienceId: AudienceId;
  readonly terms: AudienceTerms;
  readonly scopes: readonly CategoryScope[];
  /** The patient's own. */
  readonly policy: PolicyBody;
}

async function newAudience(
  context: ClientContext,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Audience> {
  let body: AudienceBody | undefined;
  return withCurrentSharers(context, signal, async (sharers) => {
    // Signed once: a step that is repeated for a new custodian key repeats the same grant.
    body ??= settledTerms(context, wanted, sharers);
    const terms = body;
    const audience: SignedAudience = {
      body: terms,
      signature: context.keyring.sign('audience', terms),
    };
    const shared = wanted.scopes.map((scope) => shareScope(context, terms, scope, sharers));
    await depositShares(context, audience, shared, signal);
    const scopes = shared.map(({ scope }) => scope);
    return submitAudience(context, audience, scopes, signal);
  });
}

function settledTerms(
  { clock, userId: patient }: ClientContext,
  { audienceId, terms, policy }: Wanted,
  { keys, roster }: Sharers,
): AudienceBody {
  const custodians = roster?.custodians ?? [...keys.keys()];
  const threshold = terms.threshold ?? roster?.threshold;
  const parties = { audienceId, patient, custodians, now: clock.now() };
  const body = audienceBodyOf({ ...terms, threshold }, parties);
  assertAudienceWithinPolicy(body, policy);
  return body;
}

async function submitAudience(
  { ledger }: ClientContext,
  audience: SignedAudience,
  scopes: SignedAudienceScope[],
  signal: AbortSignal,
): Promise<Audience> {
  const { audienceId } = audience.body;
  const { response } = await whileBehind(['SHARE_MISSING'], signal, () =>
    submitSettled(
      ledger,
      'audience:CreateAudience',
      { audience, scopes },
      {
        signal,
        recall: () => ledger.evaluate('audience:GetAudience', { audienceId }, { signal }),
        missing: 'AUDIENCE_NOT_FOUND',
        isOurs: (found) => found.body.createdAt === audience.body.createdAt,
      },
    ),
  );
  return response;
}
