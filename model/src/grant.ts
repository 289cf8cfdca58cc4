/**
 * Named grants: a rule, and for each scope it opens the commitments to the custodians' fragments.
 *
 * @module
 */
import * as v from 'valibot';
import { Category } from './category.js';
import {
  GrantId,
  KeyGeneration,
  MspId,
  PublicKeyHex,
  RecordId,
  Sha256Hex,
  SignatureHex,
  UnixMillis,
  UserId,
} from './ids.js';
import { AccessRule } from './policy.js';
import { ScopeId } from './scope.js';
import { withoutRepeats } from './without-repeats.js';

/** Most scopes that one transaction may name, and most custodians of a grant. */
export const MAX_SCOPES_PER_CALL = 32;
export const MAX_CUSTODIANS = 32;

/** What a grant opens: whole categories, epoch after epoch, or one record. */
export const Coverage = v.variant('kind', [
  v.strictObject({
    kind: v.literal('categories'),
    categories: v.pipe(
      v.array(Category),
      v.minLength(1, 'at least one category'),
      withoutRepeats('categories'),
    ),
  }),
  v.strictObject({ kind: v.literal('record'), recordId: RecordId }),
]);
export type Coverage = v.InferOutput<typeof Coverage>;

/** A grant as the patient signs it (tag `grant`). */
export const GrantBody = v.pipe(
  v.strictObject({
    grantId: GrantId,
    patient: UserId,
    /** The delegatee's reader key that the kfrags delegate to. */
    delegateeKey: PublicKeyHex,
    coverage: Coverage,
    rule: AccessRule,
    /** `t`: how many custodians must answer. */
    threshold: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    /** The organizations that hold one fragment each for every scope; `n` is their number. */
    custodians: v.pipe(
      v.array(MspId),
      v.minLength(1),
      v.maxLength(MAX_CUSTODIANS),
      withoutRepeats('custodians'),
    ),
    createdAt: UnixMillis,
  }),
  v.check((g) => g.threshold <= g.custodians.length, 'threshold at most the number of custodians'),
  v.check((g) => g.rule.notBefore < g.rule.notAfter, 'notBefore earlier than notAfter'),
);
export type GrantBody = v.InferOutput<typeof GrantBody>;

/** The fragments of one scope of a grant. Signed with tag `grant-scope`. */
export const GrantScopeBody = v.strictObject({
  grantId: GrantId,
  scopeId: ScopeId,
  delegatingKey: PublicKeyHex,
  /**
   * SHA-256 over the sealed fragment that each custodian was handed, and the generation of the
   * custodian key that it was sealed to; sealing is randomized.
   */
  fragments: v.pipe(
    v.array(v.strictObject({ mspId: MspId, generation: KeyGeneration, sealedSha256: Sha256Hex })),
    v.minLength(1),
    v.maxLength(MAX_CUSTODIANS),
    withoutRepeats('custodians', (fragment) => fragment.mspId),
  ),
});
export type GrantScopeBody = v.InferOutput<typeof GrantScopeBody>;

export const SignedGrant = v.strictObject({ body: GrantBody, signature: SignatureHex });
export type SignedGrant = v.InferOutput<typeof SignedGrant>;

export const SignedGrantScope = v.strictObject({ body: GrantScopeBody, signature: SignatureHex });
export type SignedGrantScope = v.InferOutput<typeof SignedGrantScope>;

export const GrantStatus = v.variant('state', [
  v.strictObject({ state: v.literal('active') }),
  v.strictObject({ state: v.literal('revoked'), revokedAt: UnixMillis }),
]);
export type GrantStatus = v.InferOutput<typeof GrantStatus>;

/** A grant with all that the ledger says of it. */
export const Grant = v.strictObject({
  body: GrantBody,
  signature: SignatureHex,
  status: GrantStatus,
  scopes: v.array(SignedGrantScope),
});
export type Grant = v.InferOutput<typeof Grant>;

/** Whether one organization still holds fragments of a grant. */
export const FragmentStatus = v.strictObject({
  mspId: MspId,
  grantId: GrantId,
  /** Scopes of which the channel still has the hash of a fragment at this organization. */
  present: v.array(ScopeId),
  purged: v.array(ScopeId),
});
export type FragmentStatus = v.InferOutput<typeof FragmentStatus>;

/** What one organization has purged of a grant that ended. */
export const PurgedAt = v.strictObject({ mspId: MspId, scopes: v.array(ScopeId) });
export type PurgedAt = v.InferOutput<typeof PurgedAt>;

/** Proof on the ledger that a revoked grant's fragments are gone at every organization. */
export const RevocationReceipt = v.strictObject({
  grantId: GrantId,
  revokedAt: UnixMillis,
  closedAt: UnixMillis,
  purged: v.array(PurgedAt),
});
export type RevocationReceipt = v.InferOutput<typeof RevocationReceipt>;
