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
  type ScopeId,
  type ShareDeposit,
  type SignedAudience,
  type SignedAudienceScope,
} from '@emr-share/model';
import { allOf } from '../all-of.js';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { sealParts, type CustodianKeys } from '../custodian-keys.js';

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
 * @throws EmrError `CUSTODIAN_NOT_FOUND` for a custodian of the grant that `keys` lacks.
 */
export function shareScope(
  context: ClientContext,
  { audienceId, threshold, custodians }: AudienceBody,
  scopeId: ScopeId,
  keys: CustodianKeys,
): SharedScope {
  const { keyring } = context;
  const shared = keyring.shareScope(scopeId, { threshold, shares: custodians.length });
  const parts = new Map(shared.shares.map((share, i) => [custodians[i] ?? '', share.toBytes()]));
  const { listed, sealed } = sealParts(context, parts, keys, (mspId) => ({
    audienceId,
    mspId,
    scopeId,
  }));
  const body: AudienceScopeBody = {
    audienceId,
    scopeId,
    delegatingKey: keyring.scopeKeyHex(scopeId),
    commitments: bytesToHex(shared.commitments.toBytes()),
    shares: listed,
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
  const { custodians } = audience.body;
  await allOf(
    custodians.map((mspId) => depositAt(context, mspId, audience, scopes, signal)),
    signal,
  );
}
