/**
 * What a patient asks an audience grant to be, and the signed body it becomes.
 *
 * @module
 */
import {
  AudienceBody,
  canonicalJson,
  EmrError,
  validate,
  type Audience,
  type AudienceId,
  type AudienceRule,
  type CanonicalValue,
  type Category,
  type MspId,
  type PolicyBody,
  type UnixMillis,
  type UserId,
} from '@emr-share/model';
import { defaultThreshold } from '../grants/terms.js';

/** Terms of an audience grant, of either kind. */
export interface AudienceTerms {
  readonly categories: readonly Category[];
  /** `notBefore` left out: from now on. */
  readonly rule: Omit<AudienceRule, 'notBefore'> & { readonly notBefore?: UnixMillis | undefined };
  /** How many custodians must answer. Default, and least: more than half. */
  readonly threshold?: number | undefined;
}

/** What goes into the body beside the terms. */
export interface AudienceParties {
  readonly audienceId: AudienceId;
  readonly patient: UserId;
  readonly custodians: readonly MspId[];
  readonly now: UnixMillis;
}

/** The body to sign. Throws `INPUT_INVALID`. */
export function audienceBodyOf(terms: AudienceTerms, parties: AudienceParties): AudienceBody {
  const { audienceId, patient, custodians, now } = parties;
  const body = {
    audienceId,
    patient,
    categories: [...terms.categories],
    rule: { ...terms.rule, notBefore: terms.rule.notBefore ?? now },
    threshold: terms.threshold ?? defaultThreshold(custodians.length),
    custodians: [...custodians],
    createdAt: now,
  };
  return validate(AudienceBody, body, 'the audience grant');
}

/**
 * Refuses what the patient's own policy rules out, before any share leaves this machine. The
 * endorsers decide the same again.
 */
export function assertAudienceWithinPolicy(
  { audienceId, categories, rule }: AudienceBody,
  policy: PolicyBody,
): void {
  const refuse = (problem: string): never => {
    throw new EmrError('AUDIENCE_REFUSED', { audienceId, problem });
  };
  const closed = categories.find((category) => policy.closedCategories.includes(category));
  if (closed !== undefined) refuse(`the patient's policy closes category ${closed}`);
  // An emergency is for its own purposes, and the patient cannot renew it in time.
  if (rule.kind === 'emergency') return;
  const purpose = rule.purposes.find((code) => !policy.purposes.includes(code));
  if (purpose !== undefined) refuse(`the patient's policy does not allow purpose ${purpose}`);
  if (rule.notAfter - rule.notBefore > policy.maxGrantMs) {
    refuse(`the patient's policy allows at most ${policy.maxGrantMs} ms`);
  }
}

const sorted = (list: readonly string[] | undefined): string[] | undefined => list?.toSorted();

/** Equal for terms that mean the same, whatever the order of their lists. */
function comparable({ categories, rule }: AudienceTerms): CanonicalValue {
  const { readers, purposes, notBefore: _notBefore, ...rest } = rule;
  return {
    ...rest,
    categories: categories.toSorted(),
    purposes: purposes.toSorted(),
    roles: sorted(readers.roles),
    mspIds: sorted(readers.mspIds),
    departments: sorted(readers.departments),
  };
}

/**
 * Whether an audience grant on the ledger is what these terms ask for. What the terms leave to the
 * clock or to the custodians' number is not compared: the repeat of a call is made later than the call.
 */
export function isAudienceOf({ body }: Audience, terms: AudienceTerms): boolean {
  const holds = <T>(wanted: T | undefined, found: T): boolean =>
    wanted === undefined || wanted === found;
  return (
    canonicalJson(comparable(body)) === canonicalJson(comparable(terms)) &&
    holds(terms.rule.notBefore, body.rule.notBefore) &&
    holds(terms.threshold, body.threshold)
  );
}
