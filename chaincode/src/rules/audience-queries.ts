/**
 * Reading audience grants, and whether their shares are still there.
 *
 * @module
 */
import {
  EmrError,
  failedAttribute,
  refusalOfReader,
  type Audience,
  type AudienceBody,
  type Caller,
  type MspId,
  type ScopeId,
  type ShareStatus,
} from '@emr-share/model';
import {
  audienceScopesOf,
  isAudienceInForce,
  storedAudience,
  wholeAudience,
} from '../audiences.js';
import { assertOwnOrganization } from '../facts.js';
import type { Rule } from '../invocation.js';
import { everyCustodian, placesOf } from '../due-refresh.js';
import { audiencesOf, rosterHeadKey } from '../ledger-keys.js';
import type { SealedStore, SecretPlace } from '../sealed-store.js';
import type { WorldState } from '../world-state.js';
import { scopesOfAllEpochs } from './category-scopes.js';

/** Also where it has ended: a reader learns from the decision why. */
export const getAudience: Rule<'audience:GetAudience'> = async ({ caller, state }, request) => {
  const audience = await wholeAudience(state, request.audienceId);
  const { body } = audience;
  if (seesAll(caller, body) || failedAttribute(body.rule.readers, caller) === null) return audience;
  throw new EmrError('ROLE_DENIED', {
    role: caller.role,
    action: 'see an audience grant that does not let you in',
  });
};

export const listAudiences: Rule<'audience:ListAudiences'> = async (
  { caller, state, now },
  request,
) => {
  const { entries, bookmark } = await state.page(audiencesOf(request.patient), request);
  const all = await Promise.all(
    entries.map(({ parts }) => wholeAudience(state, parts.at(-1) ?? '')),
  );
  const isVisible = (audience: Audience): boolean =>
    isOwnerOrAuditor(caller, audience.body) || refusalOfReader({ caller, audience, now }) === null;
  return {
    audiences: all.filter(isVisible),
    ...(bookmark === undefined ? {} : { bookmark }),
  };
};

/** Removes this organization's shares. Writes private data only. */
export const purgeShares: Rule<'audience:PurgeShares'> = async (invocation, request) => {
  const { audienceId, mspId } = request;
  const { caller, state, sealed, service } = invocation;
  assertOwnOrganization(mspId, service.mspId);
  const audience = await storedAudience(state, audienceId);
  const isAdmin = caller.role === 'admin' && caller.mspId === mspId;
  if (!isAdmin && caller.userId !== audience.body.patient) {
    throw new EmrError('ROLE_DENIED', { role: caller.role, action: 'purge shares of others' });
  }
  if (isAudienceInForce(audience, invocation))
    throw new EmrError('AUDIENCE_ACTIVE', { audienceId });
  const reach = await reachOf(state, audience.body);
  for (const scopeId of await scopesOfAllEpochs(state, audience.body)) {
    for (const place of placesOf(mspId, { audienceId, scopeId }, reach)) await sealed.purge(place);
  }
  const scopes = await audienceScopesOf(state, audienceId);
  return { audienceId, mspId, purged: scopes.map(({ body }) => body.scopeId) };
};

/**
 * By the hashes that every endorser sees, whoever holds the values: `present` counts every share,
 * also of an extension that was never made; `purged` names the scopes that the grant opened.
 */
export const getShareStatus: Rule<'audience:GetShareStatus'> = async (
  { caller, state, sealed },
  { audienceId },
) => {
  const { body } = await storedAudience(state, audienceId);
  if (!seesAll(caller, body)) {
    throw new EmrError('ROLE_DENIED', { role: caller.role, action: 'see the shares of others' });
  }
  const opened = (await audienceScopesOf(state, audienceId)).map((scope) => scope.body.scopeId);
  const possible = await scopesOfAllEpochs(state, body);
  const custodians: ShareStatus[] = [];
  const reach = await reachOf(state, body);
  for (const mspId of reach.dealers) {
    const present: ScopeId[] = [];
    for (const scopeId of possible) {
      const places = placesOf(mspId, { audienceId, scopeId }, reach);
      if (await holdsAny(sealed, places)) present.push(scopeId);
    }
    const purged = opened.filter((scopeId) => !present.includes(scopeId));
    custodians.push({ mspId, audienceId, present, purged });
  }
  return { custodians };
};

/** Who may ever have had a part of the grant's keys, by it or by a roster. */
async function reachOf(
  state: WorldState,
  { custodians }: AudienceBody,
): Promise<{ readonly dealers: readonly MspId[]; readonly reached: number }> {
  const reached = (await state.get(rosterHeadKey()))?.number ?? 0;
  return { dealers: await everyCustodian(state, custodians, reached), reached };
}

async function holdsAny(sealed: SealedStore, places: readonly SecretPlace[]): Promise<boolean> {
  for (const place of places) {
    if ((await sealed.sha256Of(place)) !== null) return true;
  }
  return false;
}

const isOwnerOrAuditor = ({ userId, role }: Caller, { patient }: AudienceBody): boolean =>
  userId === patient || role === 'auditor';

/** Admins purge shares; privacy officers and duty services approve by the rule. */
const seesAll = (caller: Caller, body: AudienceBody): boolean =>
  isOwnerOrAuditor(caller, body) ||
  caller.role === 'admin' ||
  caller.role === 'privacy-officer' ||
  caller.role === 'duty-service';
