/**
 * What an audience grant must satisfy before it stands: its kind, the patient's policy, the custodians.
 *
 * @module
 */
import {
  EMERGENCY_PURPOSES,
  type AudienceBody,
  type Category,
  type PolicyBody,
  type UnixMillis,
} from '@emr-share/model';
import { refuseAudience } from '../audiences.js';
import { isMajority } from './grant-terms.js';

/** A term, and what is wrong where it does not hold. */
type Term = (body: AudienceBody, policy: PolicyBody, now: UnixMillis) => string | null;

const threshold: Term = ({ threshold: t, custodians: { length: n } }) =>
  isMajority(t, n) ? null : 'the threshold is no majority of the custodians';

const future: Term = ({ rule: { notAfter } }, _policy, now) =>
  now < notAfter ? null : 'it ends in the past';

const openCategories: Term = ({ categories }, policy) =>
  areOpen(categories, policy) ? null : 'the policy closes one of its categories to grants';

const emergencyReaders: Term = ({ rule: { readers } }) =>
  readers.roles?.length === 1 && readers.roles[0] === 'emergency-physician'
    ? null
    : 'an emergency is for the role emergency-physician, and no other';

const emergencyPurposes: Term = ({ rule }) =>
  rule.purposes.every((purpose) => EMERGENCY_PURPOSES.some((one) => one === purpose))
    ? null
    : 'it names a purpose of use that no emergency has';

const duration: Term = ({ rule: { notBefore, notAfter } }, { maxGrantMs }) =>
  notAfter - notBefore <= maxGrantMs ? null : 'it lasts longer than the policy allows';

const purposes: Term = ({ rule }, policy) =>
  rule.purposes.every((purpose) => policy.purposes.includes(purpose))
    ? null
    : 'it names a purpose of use that the policy does not allow';

/** Breaking the glass leaves a trace of its own kind; attributes alone never suffice. */
const noBreakGlass: Term = ({ rule }) =>
  rule.purposes.includes('BTG') ? 'BTG is for emergencies only' : null;

const someAttribute: Term = ({ rule: { readers } }) =>
  Object.keys(readers).length > 0 ? null : 'it asks nothing of its readers';

const COMMON: readonly Term[] = [threshold, future, openCategories];

const OF_KIND: Readonly<Record<AudienceBody['rule']['kind'], readonly Term[]>> = {
  emergency: [emergencyReaders, emergencyPurposes],
  attributes: [someAttribute, noBreakGlass, purposes, duration],
};

/** @throws EmrError `AUDIENCE_REFUSED` with the first term that does not hold. */
export function assertAudienceTerms(body: AudienceBody, policy: PolicyBody, now: UnixMillis): void {
  for (const term of [...COMMON, ...OF_KIND[body.rule.kind]]) {
    const problem = term(body, policy, now);
    if (problem !== null) refuseAudience(body.audienceId, problem);
  }
}

/** Whether the policy closes none of the categories to grants. */
export function areOpen(
  categories: readonly Category[],
  { closedCategories }: PolicyBody,
): boolean {
  return !categories.some((category) => closedCategories.includes(category));
}
