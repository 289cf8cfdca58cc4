/**
 * Shares of a scope's key: made here, sealed to one custodian each, deposited with that custodian
 * alone.
 *
 * @module
 */
import {
  canonicalBytes,
  EmrError,
  TRANSIENT_SHARES,
  type AudienceBody,
  type AudienceScopeBody,
  type MspId,
  type Roster,
  type ShareDeposit,
  type SignedAudience,
  type SignedAudienceScope,
} from '@emr-share/model';
import { allOf } from '../all-of.js';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { custodianKeysOf, sealParts, type CustodianKeys } from '../custodian-keys.js';
import type { OwnScope } from '../identity/scopes.js';
import { whileBehind } from '../retry.js';
import { among, canKeep } from './sharing.js';

/** Whom shares go to: the custodians of the roster in force or, before the first, of each grant. */
export interface Sharers {
  readonly keys: CustodianKeys;
  readonly roster: Roster | null;
}

/** Runs a step as {@link withCurrentKeys} does, once more also where another roster has come in force. */
export function withCurrentSharers<T>(
  { directory }: ClientContext,
  signal: AbortSignal,
  step: (sharers: Sharers) => Promise<T>,
): Promise<T> {
  return whileBehind(CHANGED, signal, async () => {
    const [custodians, roster] = await Promise.all([
      directory.custodians(signal),
      directory.rosterInForce(signal),
    ]);
    return step({ keys: custodianKeysOf(custodians), roster });
  });
}

const CHANGED = ['CUSTODIAN_STALE', 'ROSTER_STALE', 'ROSTER_NOT_FOUND'] as const;

/** One scope of an audience grant: what the ledger gets, and what each custodian gets. */
export interface SharedScope {
  readonly scope: SignedAudienceScope;
  /** The sealed share of each custodian. */
  readonly sealed: ReadonlyMap<MspId, Uint8Array>;
}

/**
 * Shares the key of one scope and seals each share to its custodian. Random: every call gives other
 * shares, which do not go together with those of another call.
 *
 * @throws EmrError `CUSTODIAN_NOT_FOUND` for a custodian that `keys` lacks.
 */
export function shareScope(
  context: ClientContext,
  terms: AudienceBody,
  { scopeId, delegatingKey }: OwnScope,
  { keys, roster }: Sharers,
): SharedScope {
  const { keyring } = context;
  const { audienceId } = terms;
  const under = roster !== null && canKeep(roster, terms) ? roster : null;
  const { custodians, threshold } = under === null ? terms : among(under, terms);
  const shape = { threshold, shares: custodians.length };
  const shared = keyring.shareScope(scopeId, shape, delegatingKey);
  const parts = new Map(shared.shares.map((share, i) => [custodians[i] ?? '', share.toBytes()]));
  const { listed, sealed } = sealParts(context, parts, keys, (mspId) => ({
    audienceId,
    mspId,
    scopeId,
  }));
  const body: AudienceScopeBody = {
    audienceId,
    scopeId,
    delegatingKey,
    commitments: bytesToHex(shared.commitments.toBytes()),
    shares: listed,
    ...(under === null ? {} : { roster: under.number }),
  };
  return { scope: { body, signature: keyring.sign('audience-scope', body) }, sealed };
}

async function depositAt(
  { ledger }: ClientContext,
  mspId: MspId,
  audience: SignedAudience,
  scopes: readonly SharedScope[],
  signal: AbortSignal,
): Promise<void> {
  const deposit: ShareDeposit = {
    audience: { body: audience.body, signature: audience.signature },
    shares: scopes.map(({ scope, sealed }) => ({
      scope,
      sealed: bytesToHex(sealed.get(mspId) ?? new Uint8Array()),
    })),
  };
  const transient = { [TRANSIENT_SHARES]: canonicalBytes(deposit) };
  const request = { audienceId: audience.body.audienceId, mspId };
  const options = { organizations: [mspId], transient, signal };
  try {
    await ledger.submit('audience:DepositShares', request, options);
  } catch (error) {
    // Whether it arrived shows when the grant is created: every endorser looks for its hash.
    if (!EmrError.is(error, 'COMMIT_UNKNOWN')) throw error;
  }
}

/**
 * Hands every custodian its shares: one transaction each, endorsed by that organization alone, in
 * parallel. The shares travel as transient data and are on no block.
 */
export async function depositShares(
  context: ClientContext,
  audience: SignedAudience,
  scopes: readonly SharedScope[],
  signal: AbortSignal,
): Promise<void> {
  const custodians = new Set(scopes.flatMap(({ sealed }) => [...sealed.keys()]));
  await allOf(
    [...custodians].map((mspId) => depositAt(context, mspId, audience, scopes, signal)),
    signal,
  );
}
