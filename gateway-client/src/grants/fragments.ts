/**
 * Fragments: made here, sealed to one custodian each, deposited with that custodian alone.
 *
 * @module
 */
import { sealBox, type PublicKey } from '@emr-share/crypto';
import {
  canonicalBytes,
  EmrError,
  MAX_SCOPES_PER_CALL,
  TRANSIENT_FRAGMENTS,
  type Custodian,
  type FragmentDeposit,
  type GrantBody,
  type GrantScopeBody,
  type KeyGeneration,
  type MspId,
  type ScopeId,
  type SignedGrant,
  type SignedGrantScope,
} from '@emr-share/model';
import { bytesToHex, sha256Hex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { publicKeyOf } from '../directory.js';
import { whileBehind } from '../retry.js';

/** One scope of a grant: what the ledger gets, and what each custodian gets. */
export interface SealedScope {
  readonly scope: SignedGrantScope;
  /** The sealed kfrag of each custodian. */
  readonly sealed: ReadonlyMap<MspId, Uint8Array>;
}

/** A custodian's current key. */
interface CustodianKey {
  readonly publicKey: PublicKey;
  readonly generation: KeyGeneration;
}

/** Custodians' keys by MSP ID. */
export type CustodianKeys = ReadonlyMap<MspId, CustodianKey>;

/**
 * Runs a step that seals to the custodians' keys, once more with their keys as they are then where
 * one of them has retired the key that was used.
 *
 * @param step - Harmless to repeat after a refusal: fragments may be replaced until a grant has them.
 */
export function withCurrentKeys<T>(
  { directory }: ClientContext,
  signal: AbortSignal,
  step: (keys: CustodianKeys) => Promise<T>,
): Promise<T> {
  return whileBehind(['CUSTODIAN_STALE'], signal, async () =>
    step(keysOf(await directory.custodians(signal))),
  );
}

/** The keys of published custodians, decoded. */
function keysOf(custodians: readonly Custodian[]): CustodianKeys {
  return new Map(
    custodians.map(({ mspId, publicKey, generation }) => [
      mspId,
      { publicKey: publicKeyOf(publicKey, 'the custodian key'), generation },
    ]),
  );
}

/**
 * Splits the re-encryption key of one scope for a grant and seals each fragment to its custodian:
 * some milliseconds for each. The split is random: every call gives other fragments.
 *
 * @throws EmrError `CUSTODIAN_NOT_FOUND` for a custodian of the grant that `keys` lacks.
 */
export function sealScope(
  { keyring, rng }: ClientContext,
  grant: GrantBody,
  scopeId: ScopeId,
  keys: CustodianKeys,
): SealedScope {
  const { grantId, threshold, custodians } = grant;
  const kfrags = keyring.delegate({
    scopeId,
    delegateePk: publicKeyOf(grant.delegateeKey, 'the reader key'),
    threshold,
    shares: custodians.length,
  });
  const parts = custodians.map((mspId, i) => {
    const [kfrag, key] = [kfrags[i], keys.get(mspId)];
    if (kfrag === undefined || key === undefined) {
      throw new EmrError('CUSTODIAN_NOT_FOUND', { mspId });
    }
    const context = canonicalBytes({ grantId, mspId, scopeId });
    const box = sealBox(key.publicKey, kfrag.toBytes(), { context, rng });
    return { mspId, generation: key.generation, box };
  });
  const body: GrantScopeBody = {
    grantId,
    scopeId,
    delegatingKey: keyring.scopeKeyHex(scopeId),
    fragments: parts.map(({ mspId, generation, box }) => ({
      mspId,
      generation,
      sealedSha256: sha256Hex(box),
    })),
  };
  const sealed = new Map(parts.map(({ mspId, box }) => [mspId, box]));
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
  // All are waited for: a deposit still under way could replace that of the caller's next try.
  const outcomes = await Promise.allSettled(
    custodians.map((mspId) => depositAt(context, mspId, grant, scopes, signal)),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Parts of at most as many scopes as one transaction may name. */
export function inBatches<T>(items: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / MAX_SCOPES_PER_CALL);
  return Array.from({ length: count }, (_, i) =>
    items.slice(i * MAX_SCOPES_PER_CALL, (i + 1) * MAX_SCOPES_PER_CALL),
  );
}
