/**
 * Fragments: made here, sealed to one custodian each, deposited with that custodian alone.
 *
 * @module
 */
import {
  canonicalBytes,
  EmrError,
  TRANSIENT_FRAGMENTS,
  type FragmentDeposit,
  type GrantBody,
  type GrantScopeBody,
  type MspId,
  type SignedGrant,
  type SignedGrantScope,
} from '@emr-share/model';
import { allOf } from '../all-of.js';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { sealParts, type CustodianKeys } from '../custodian-keys.js';
import type { OwnScope } from '../identity/scopes.js';
import { publicKeyOf } from '../key-history.js';

/** One scope of a grant: what the ledger gets, and what each custodian gets. */
export interface SealedScope {
  readonly scope: SignedGrantScope;
  /** The sealed kfrag of each custodian. */
  readonly sealed: ReadonlyMap<MspId, Uint8Array>;
}

/**
 * Splits the re-encryption key of one scope for a grant and seals each fragment to its custodian:
 * some milliseconds for each. The split is random: every call gives other fragments.
 *
 * @throws EmrError `CUSTODIAN_NOT_FOUND` for a custodian of the grant that `keys` lacks.
 */
export function sealScope(
  context: ClientContext,
  grant: GrantBody,
  { scopeId, delegatingKey }: OwnScope,
  keys: CustodianKeys,
): SealedScope {
  const { keyring } = context;
  const { grantId, threshold, custodians } = grant;
  const kfrags = keyring.delegate({
    scopeId,
    delegatingKey,
    delegateePk: publicKeyOf(grant.delegateeKey, 'the reader key'),
    threshold,
    shares: custodians.length,
  });
  const parts = new Map(kfrags.map((kfrag, i) => [custodians[i] ?? '', kfrag.toBytes()]));
  const { listed, sealed } = sealParts(context, parts, keys, (mspId) => ({
    grantId,
    mspId,
    scopeId,
  }));
  const body: GrantScopeBody = {
    grantId,
    scopeId,
    delegatingKey,
    fragments: listed,
  };
  return { scope: { body, signature: keyring.sign('grant-scope', body) }, sealed };
}

async function depositAt(
  { ledger }: ClientContext,
  mspId: MspId,
  grant: SignedGrant,
  scopes: readonly SealedScope[],
  signal: AbortSignal,
): Promise<void> {
  const deposit: FragmentDeposit = {
    grant: { body: grant.body, signature: grant.signature },
    fragments: scopes.map(({ scope, sealed }) => ({
      scope,
      sealed: bytesToHex(sealed.get(mspId) ?? new Uint8Array()),
    })),
  };
  const transient = { [TRANSIENT_FRAGMENTS]: canonicalBytes(deposit) };
  const request = { grantId: grant.body.grantId, mspId };
  const options = { organizations: [mspId], transient, signal };
  try {
    await ledger.submit('grants:DepositFragments', request, options);
  } catch (error) {
    // Whether it arrived shows when the grant is created: every endorser looks for its hash.
    if (!EmrError.is(error, 'COMMIT_UNKNOWN')) throw error;
  }
}

/**
 * Hands every custodian its fragments: one transaction each, endorsed by that organization alone, in
 * parallel. The fragments travel as transient data and are on no block.
 */
export async function depositFragments(
  context: ClientContext,
  grant: SignedGrant,
  scopes: readonly SealedScope[],
  signal: AbortSignal,
): Promise<void> {
  const { custodians } = grant.body;
  await allOf(
    custodians.map((mspId) => depositAt(context, mspId, grant, scopes, signal)),
    signal,
  );
}
