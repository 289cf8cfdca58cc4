/**
 * Scopes: what one delegating key opens. A category scope is patient × category × epoch; a record
 * scope is one record, granted on its own; sealed records, of whatever category, have a scope that no
 * category reaches. The ID's text is also the label the key is derived from. See docs/protocol.md §3.
 *
 * @module
 */
import * as v from 'valibot';
import { CATEGORIES, type Category, type SecurityLevel } from './category.js';
import { PublicKeyHex, SignatureHex, UnixMillis, UserId, type RecordId } from './ids.js';

/** What a patient's records fall into, each with keys of its own: the categories, and all that is sealed. */
export const SCOPE_GROUPS = [...CATEGORIES, 'sealed'] as const;

export const ScopeGroup = v.picklist(SCOPE_GROUPS, 'scope group');
export type ScopeGroup = v.InferOutput<typeof ScopeGroup>;

/** Which group's key a record is filed under. */
export function scopeGroupOf(category: Category, level: SecurityLevel): ScopeGroup {
  return level === 'sealed' ? 'sealed' : category;
}

const SCOPE_PATTERN = new RegExp(
  `^([a-z0-9][a-z0-9._-]{1,62}[a-z0-9])/(?:(${SCOPE_GROUPS.join('|')})/(0|[1-9][0-9]{0,5})|record/([0-9a-f]{32}))$`,
);

/** `patient/category/epoch`, `patient/sealed/epoch` or `patient/record/recordId`. */
export const ScopeId = v.pipe(v.string(), v.regex(SCOPE_PATTERN, 'scope ID'));
export type ScopeId = v.InferOutput<typeof ScopeId>;

export interface CategoryScope {
  readonly kind: 'category';
  readonly patient: UserId;
  readonly category: Category;
  /** Starts at 0; a revocation starts the next one for what is filed from then on. */
  readonly epoch: number;
}

/** Of all records of a patient that are sealed. Grants of categories and audiences cover none. */
export interface SealedScope {
  readonly kind: 'sealed';
  readonly patient: UserId;
  readonly epoch: number;
}

/** A scope of many records. */
export type GroupScope = CategoryScope | SealedScope;

export interface RecordScope {
  readonly kind: 'record';
  readonly patient: UserId;
  readonly recordId: RecordId;
}

export type ParsedScope = GroupScope | RecordScope;

export function groupScopeId(patient: UserId, group: ScopeGroup, epoch: number): ScopeId {
  return v.parse(ScopeId, `${patient}/${group}/${String(epoch)}`);
}

export function categoryScopeId(patient: UserId, category: Category, epoch: number): ScopeId {
  return groupScopeId(patient, category, epoch);
}

export function recordScopeId(patient: UserId, recordId: RecordId): ScopeId {
  return v.parse(ScopeId, `${patient}/record/${recordId}`);
}

/** Takes a scope ID apart. Throws `ValiError` on anything that is not one. */
export function parseScopeId(scopeId: ScopeId): ParsedScope {
  const match = SCOPE_PATTERN.exec(v.parse(ScopeId, scopeId));
  const [, patient = '', group, epoch, recordId] = match ?? [];
  if (recordId !== undefined) return { kind: 'record', patient, recordId };
  return group === 'sealed'
    ? { kind: 'sealed', patient, epoch: Number(epoch) }
    : { kind: 'category', patient, category: group as Category, epoch: Number(epoch) };
}

/** The group that a scope of many records is of. */
export function groupOf(scope: GroupScope): ScopeGroup {
  return scope.kind === 'sealed' ? 'sealed' : scope.category;
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
