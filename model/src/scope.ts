/**
 * Scopes: what one delegating key opens. A category scope is patient × category × epoch; a record
 * scope is one record, granted on its own. The ID's text is also the label the key is derived from.
 * See docs/protocol.md §3.
 *
 * @module
 */
import * as v from 'valibot';
import { CATEGORIES, type Category } from './category.js';
import { PublicKeyHex, SignatureHex, UnixMillis, UserId, type RecordId } from './ids.js';

const SCOPE_PATTERN = new RegExp(
  `^([a-z0-9][a-z0-9._-]{1,62}[a-z0-9])/(?:(${CATEGORIES.join('|')})/(0|[1-9][0-9]{0,5})|record/([0-9a-f]{32}))$`,
);

/** `patient/category/epoch` or `patient/record/recordId`. */
export const ScopeId = v.pipe(v.string(), v.regex(SCOPE_PATTERN, 'scope ID'));
export type ScopeId = v.InferOutput<typeof ScopeId>;

export interface CategoryScope {
  readonly kind: 'category';
  readonly patient: UserId;
  readonly category: Category;
  /** Starts at 0; a revocation starts the next one for what is filed from then on. */
  readonly epoch: number;
}

export interface RecordScope {
  readonly kind: 'record';
  readonly patient: UserId;
  readonly recordId: RecordId;
}

export type ParsedScope = CategoryScope | RecordScope;

export function categoryScopeId(patient: UserId, category: Category, epoch: number): ScopeId {
  return v.parse(ScopeId, `${patient}/${category}/${String(epoch)}`);
}

export function recordScopeId(patient: UserId, recordId: RecordId): ScopeId {
  return v.parse(ScopeId, `${patient}/record/${recordId}`);
}

/** Takes a scope ID apart. Throws `ValiError` on anything that is not one. */
export function parseScopeId(scopeId: ScopeId): ParsedScope {
  const match = SCOPE_PATTERN.exec(v.parse(ScopeId, scopeId));
  const [, patient = '', category, epoch, recordId] = match ?? [];
  return recordId === undefined
    ? { kind: 'category', patient, category: category as Category, epoch: Number(epoch) }
    : { kind: 'record', patient, recordId };
}

/** A scope's public half, as the patient publishes it. Signed with tag `scope`. */
export const ScopeBody = v.strictObject({
  scopeId: ScopeId,
  patient: UserId,
  /** `PK` of the scope: capsules are made for it, kfrags delegate from it. */
  delegatingKey: PublicKeyHex,
  publishedAt: UnixMillis,
});
export type ScopeBody = v.InferOutput<typeof ScopeBody>;

export const SignedScope = v.strictObject({ body: ScopeBody, signature: SignatureHex });
export type SignedScope = v.InferOutput<typeof SignedScope>;
