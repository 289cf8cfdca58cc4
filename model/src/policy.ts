/**
 * Access policies: data that the contract evaluates (`AP`, "contract code" in the paper).
 * A patient's standing policy bounds every grant; a grant's rule says who may do what, when and why.
 *
 * @module
 */
import * as v from 'valibot';
import { Category } from './category.js';
import { MspId, SignatureHex, UnixMillis, UserId } from './ids.js';
import { PurposeOfUse } from './purpose.js';
import { Department, Role } from './user.js';
import { withoutRepeats } from './without-repeats.js';

/** 1 second to 10 years. */
export const DurationMs = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(1000),
  v.maxValue(315_576_000_000),
);

export const Purposes = v.pipe(
  v.array(PurposeOfUse),
  v.minLength(1, 'at least one purpose of use'),
  withoutRepeats('purposes of use'),
);

/** Version of a policy: 1, 2, …. */
export const PolicyVersion = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** A patient's standing policy. Signed with tag `policy`. */
export const PolicyBody = v.strictObject({
  patient: UserId,
  version: PolicyVersion,
  /** Purposes of use that any grant of this patient may name. */
  purposes: Purposes,
  /** Longest life of a grant. */
  maxGrantMs: DurationMs,
  /** Life of an access ticket. */
  ticketMs: DurationMs,
  /** Categories that no grant may cover as a whole; single records of them still can be granted. */
  closedCategories: v.pipe(v.array(Category), withoutRepeats('categories')),
  publishedAt: UnixMillis,
});
export type PolicyBody = v.InferOutput<typeof PolicyBody>;

export const SignedPolicy = v.strictObject({ body: PolicyBody, signature: SignatureHex });
export type SignedPolicy = v.InferOutput<typeof SignedPolicy>;

/** The policy a record was filed under: the patient's, at this version. */
export const PolicyReference = v.strictObject({ patient: UserId, version: PolicyVersion });
export type PolicyReference = v.InferOutput<typeof PolicyReference>;

/** Attributes that the reader's certificate must carry at the moment of access. */
export const AttributeRule = v.strictObject({
  roles: v.optional(v.pipe(v.array(Role), v.minLength(1))),
  mspIds: v.optional(v.pipe(v.array(MspId), v.minLength(1))),
  departments: v.optional(v.pipe(v.array(Department), v.minLength(1))),
});
export type AttributeRule = v.InferOutput<typeof AttributeRule>;

export const ACTIONS = ['read'] as const;

/** Who may do what, for which purposes, between which moments. */
export const AccessRule = v.strictObject({
  /** The delegatee; named grants always have one. */
  grantee: UserId,
  /** What the delegatee's certificate must also say; left out: nothing more. */
  attributes: v.optional(AttributeRule),
  actions: v.pipe(v.array(v.picklist(ACTIONS)), v.minLength(1)),
  purposes: Purposes,
  /** First moment of validity. */
  notBefore: UnixMillis,
  /** First moment at which the rule no longer holds. */
  notAfter: UnixMillis,
});
export type AccessRule = v.InferOutput<typeof AccessRule>;
