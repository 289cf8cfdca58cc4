/**
 * Creating a grant: the fragments first, each with its custodian, then the grant on the ledger.
 *
 * @module
 */
import {
  EmrError,
  GrantId,
  UserId,
  validate,
  type Coverage,
  type Custodian,
  type Grant,
  type GrantBody,
  type SignedGrant,
  type SignedGrantScope,
} from '@emr-share/model';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { withCurrentKeys } from '../custodian-keys.js';
import { ownCurrentScope, type OwnScope } from '../identity/scopes.js';
import type { CallOptions } from '../ports/ledger.js';
import { whileBehind } from '../retry.js';
import { find, submitSettled } from '../settle.js';
import { extendGrant } from './extend-grant.js';
import { depositFragments, sealScope } from './fragments.js';
import { ensureRecordScope } from './record-scope.js';
import { assertWithinPolicy, grantBodyOf, isGrantOf, type GrantTerms } from './terms.js';

export interface CreateGrantOptions extends GrantTerms, CallOptions {
  /** 32 hex digits; give the same one to repeat or finish a call. Default random. */
  readonly grantId?: GrantId | undefined;
  /** Whether a category grant opens what was filed in earlier epochs too. Default true. */
  readonly includeEarlier?: boolean | undefined;
}

/** See `Grants.create`. */
export async function createGrant(
  context: ClientContext,
  options: CreateGrantOptions,
): Promise<Grant> {
  const signal = context.signalOf(options);
  const grantId = validate(GrantId, options.grantId ?? bytesToHex(context.rng(16)), 'the grant ID');
  const grant =
    (await existingGrant(context, grantId, options, signal)) ??
    (await grantToCurrentKey(context, grantId, options, signal));
  return options.includeEarlier === false
    ? grant
    : extendGrant(context, grant, 'beginning', signal);
}

async function existingGrant(
  context: ClientContext,
  grantId: GrantId,
  terms: GrantTerms,
  signal: AbortSignal,
): Promise<Grant | null> {
  const { ledger } = context;
  const found = await find('GRANT_NOT_FOUND', () =>
    ledger.evaluate('grants:GetGrant', { grantId }, { signal }),
  );
  if (found === null) return null;
  if (found.body.patient !== context.userId || !isGrantOf(found, terms)) {
    throw new EmrError('GRANT_EXISTS', { grantId });
  }
  if (found.status.state === 'revoked') {
    throw new EmrError('GRANT_REVOKED', { grantId, revokedAt: found.status.revokedAt });
  }
  return found;
}

/** A new grant; once more where the grantee has rotated keys that are kept here. */
async function grantToCurrentKey(
  context: ClientContext,
  grantId: GrantId,
  terms: GrantTerms,
  signal: AbortSignal,
): Promise<Grant> {
  const { directory } = context;
  try {
    return await newGrant(context, grantId, terms, signal);
  } catch (error) {
    if (!EmrError.is(error, 'GRANT_REFUSED')) throw error;
    const kept = await directory.keys(terms.grantee, signal);
    directory.forget(terms.grantee);
    const { readerKeyHex } = await directory.keys(terms.grantee, signal);
    if (readerKeyHex === kept.readerKeyHex) throw error;
    return newGrant(context, grantId, terms, signal);
  }
}

async function newGrant(
  context: ClientContext,
  grantId: GrantId,
  terms: GrantTerms,
  signal: AbortSignal,
): Promise<Grant> {
  const custodians = await context.directory.custodians(signal);
  const body = await settledTerms(context, { grantId, terms, custodians }, signal);
  const grant: SignedGrant = { body, signature: context.keyring.sign('grant', body) };
  const covered = await coveredScopes(context, body.coverage, signal);
  return withCurrentKeys(context, signal, async (keys) => {
    const sealed = covered.map((scope) => sealScope(context, body, scope, keys));
    await depositFragments(context, grant, sealed, signal);
    const scopes = sealed.map(({ scope }) => scope);
    return submitGrant(context, grant, scopes, signal);
  });
}

async function submitGrant(
  { ledger }: ClientContext,
  grant: SignedGrant,
  scopes: SignedGrantScope[],
  signal: AbortSignal,
): Promise<Grant> {
  const { grantId } = grant.body;
  const { response } = await whileBehind(['FRAGMENT_MISSING'], signal, () =>
    submitSettled(
      ledger,
      'grants:CreateGrant',
      { grant, scopes },
      {
        signal,
        recall: () => ledger.evaluate('grants:GetGrant', { grantId }, { signal }),
        missing: 'GRANT_NOT_FOUND',
        isOurs: (found) => found.signature === grant.signature,
      },
    ),
  );
  return response;
}

async function settledTerms(
  { directory, clock, userId: patient }: ClientContext,
  asked: {
    readonly grantId: GrantId;
    readonly terms: GrantTerms;
    readonly custodians: readonly Custodian[];
  },
  signal: AbortSignal,
): Promise<GrantBody> {
  const { grantId, terms, custodians } = asked;
  const grantee = validate(UserId, terms.grantee, 'the grantee');
  const [keys, policy] = await Promise.all([
    directory.keys(grantee, signal),
    directory.policy(patient, signal),
  ]);
  const body = grantBodyOf(terms, {
    grantId,
    patient,
    delegateeKey: keys.readerKeyHex,
    custodians: custodians.map(({ mspId }) => mspId),
    now: clock.now(),
  });
  assertWithinPolicy(body, policy);
  return body;
}

async function coveredScopes(
  context: ClientContext,
  coverage: Coverage,
  signal: AbortSignal,
): Promise<readonly OwnScope[]> {
  if (coverage.kind === 'record') {
    return [await ensureRecordScope(context, coverage.recordId, signal)];
  }
  return Promise.all(
    coverage.categories.map(async (category) => {
      const current = await ownCurrentScope(context, category, signal);
      if (current !== null) return current;
      throw new EmrError('SCOPE_NOT_FOUND', { scopeId: `${context.userId}/${category}/0` });
    }),
  );
}
