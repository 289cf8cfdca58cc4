/**
 * What a patient asks a grant to be, and the signed body it becomes.
 *
 * @module
 */
import type { GrantId } from '@emr-share/model';
import {
  EmrError,
  GrantBody,
  validate,
  type AttributeRule,
  type Category,
  type Coverage,
  type Grant,
  type MspId,
  type PolicyBody,
  type PurposeOfUse,
  type RecordId,
  type UnixMillis,
  type UserId,
} from '@emr-share/model';

/** Terms of a grant: `categories` or `recordId`, and `notAfter` or `durationMs`. */
export interface GrantTerms {
  /** The delegatee's user ID. */
  readonly grantee: UserId;
  /** Whole categories, with what is filed in them later. */
  readonly categories?: readonly Category[] | undefined;
  /** One record and nothing else. */
  readonly recordId?: RecordId | undefined;
  readonly purposes: readonly PurposeOfUse[];
  /** Default now. */
  readonly notBefore?: UnixMillis | undefined;
  /** First moment at which the grant no longer holds. */
  readonly notAfter?: UnixMillis | undefined;
  /** Instead of `notAfter`: counted from `notBefore`. */
  readonly durationMs?: number | undefined;
  /** How many custodians must answer. Default, and least: more than half. */
  readonly threshold?: number | undefined;
  /** What the grantee's certificate must also say at each access. */
  readonly attributes?: AttributeRule | undefined;
}

/** What goes into the body beside the terms. */
export interface GrantParties {
  readonly grantId: GrantId;
  readonly patient: UserId;
  /** The grantee's reader key as hex. */
  readonly delegateeKey: string;
  readonly custodians: readonly MspId[];
  readonly now: UnixMillis;
}

const invalid = (problem: string): EmrError =>
  new EmrError('INPUT_INVALID', { what: 'the grant', problem });

function coverageOf({ categories, recordId }: GrantTerms): Coverage {
  if ((categories === undefined) === (recordId === undefined)) {
    throw invalid('expected either categories or one record');
  }
  return recordId === undefined
    ? { kind: 'categories', categories: [...(categories ?? [])] }
    : { kind: 'record', recordId };
}

function endOf({ notAfter, durationMs }: GrantTerms, notBefore: UnixMillis): UnixMillis {
  if (notAfter !== undefined && durationMs === undefined) return notAfter;
  if (durationMs !== undefined && notAfter === undefined) return notBefore + durationMs;
  throw invalid('expected either an end or a duration');
}

/** More than half: a minority of custodians must never suffice. */
export function defaultThreshold(custodians: number): number {
  return Math.floor(custodians / 2) + 1;
}

/** The body to sign. Throws `INPUT_INVALID`. */
export function grantBodyOf(terms: GrantTerms, parties: GrantParties): GrantBody {
  const { grantId, patient, delegateeKey, custodians, now } = parties;
  const notBefore = terms.notBefore ?? now;
  const body = {
    grantId,
    patient,
    delegateeKey,
    coverage: coverageOf(terms),
    rule: {
      grantee: terms.grantee,
      attributes: terms.attributes,
      actions: ['read'],
      purposes: [...terms.purposes],
      notBefore,
      notAfter: endOf(terms, notBefore),
    },
    threshold: terms.threshold ?? defaultThreshold(custodians.length),
    custodians: [...custodians],
    createdAt: now,
  };
  return validate(GrantBody, body, 'the grant');
}

/**
 * Refuses what the patient's own policy rules out, before any fragment leaves this machine. The
 * endorsers decide the same again.
 */
export function assertWithinPolicy(
  { grantId, rule, coverage }: GrantBody,
  policy: PolicyBody,
): void {
  const refuse = (problem: string): never => {
    throw new EmrError('GRANT_REFUSED', { grantId, problem });
  };
  const purpose = rule.purposes.find((code) => !policy.purposes.includes(code));
  if (purpose !== undefined) refuse(`the patient's policy does not allow purpose ${purpose}`);
  if (rule.notAfter - rule.notBefore > policy.maxGrantMs) {
    refuse(`the patient's policy allows at most ${policy.maxGrantMs} ms`);
  }
  const closed =
    coverage.kind === 'categories'
      ? coverage.categories.find((category) => policy.closedCategories.includes(category))
      : undefined;
  if (closed !== undefined) refuse(`the patient's policy closes category ${closed}`);
}

const sameSet = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((item) => b.includes(item));

function sameCoverage(a: Coverage, b: Coverage): boolean {
  return a.kind === 'record'
    ? b.kind === 'record' && a.recordId === b.recordId
    : b.kind === 'categories' && sameSet(a.categories, b.categories);
}

function sameAttributes(a: AttributeRule | undefined, b: AttributeRule | undefined): boolean {
  return (['roles', 'mspIds', 'departments'] as const).every((key) =>
    sameSet<string>(a?.[key] ?? [], b?.[key] ?? []),
  );
}

/**
 * Whether a grant on the ledger is what these terms ask for. Moments that the terms leave to the
 * clock are not compared: the repeat of a call is made later than the call.
 */
export function isGrantOf({ body }: Grant, terms: GrantTerms): boolean {
  const { rule } = body;
  const holds = <T>(wanted: T | undefined, found: T): boolean =>
    wanted === undefined || wanted === found;
  return (
    rule.grantee === terms.grantee &&
    sameCoverage(coverageOf(terms), body.coverage) &&
    sameSet(terms.purposes, rule.purposes) &&
    sameAttributes(terms.attributes, rule.attributes) &&
    holds(terms.notBefore, rule.notBefore) &&
    holds(terms.notAfter, rule.notAfter) &&
    holds(terms.durationMs, rule.notAfter - rule.notBefore) &&
    holds(terms.threshold, body.threshold)
  );
}

/** The categories that a grant covers; none where it is of one record. */
export function coveredCategories({ body: { coverage } }: Grant): readonly Category[] {
  return coverage.kind === 'categories' ? coverage.categories : [];
}
