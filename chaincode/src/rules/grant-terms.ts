/**
 * What a grant must satisfy before it stands: the patient's policy, the grantee, the custodians.
 *
 * @module
 */
import { EmrError, type GrantBody, type PolicyBody, type UnixMillis } from '@emr-share/model';
import { custodianOf } from '../facts.js';
import type { Invocation } from '../invocation.js';
import { userKey } from '../ledger-keys.js';
import type { WorldState } from '../world-state.js';

/** A term, and what is wrong where it does not hold. */
type Term = (body: GrantBody, policy: PolicyBody, now: UnixMillis) => string | null;

/** A minority of the custodians must never suffice to re-encrypt, or to decrypt. */
export const isMajority = (threshold: number, custodians: number): boolean =>
  threshold >= Math.floor(custodians / 2) + 1;

const threshold: Term = ({ threshold: t, custodians: { length: n } }) =>
  isMajority(t, n) ? null : 'the threshold is no majority of the custodians';

const duration: Term = ({ rule: { notBefore, notAfter } }, { maxGrantMs }) =>
  notAfter - notBefore <= maxGrantMs ? null : 'it lasts longer than the policy allows';

const future: Term = ({ rule: { notAfter } }, _policy, now) =>
  now < notAfter ? null : 'it ends in the past';

const purposes: Term = ({ rule }, policy) =>
  rule.purposes.every((purpose) => policy.purposes.includes(purpose))
    ? null
    : 'it names a purpose of use that the policy does not allow';

const openCategories: Term = ({ coverage }, { closedCategories }) =>
  coverage.kind === 'categories' && coverage.categories.some((c) => closedCategories.includes(c))
    ? 'the policy closes one of its categories to grants'
    : null;

const TERMS: readonly Term[] = [threshold, duration, future, purposes, openCategories];

/** @throws EmrError `GRANT_REFUSED` with the first term that does not hold. */
export function assertTerms(body: GrantBody, policy: PolicyBody, now: UnixMillis): void {
  for (const term of TERMS) {
    const problem = term(body, policy, now);
    if (problem !== null) throw new EmrError('GRANT_REFUSED', { grantId: body.grantId, problem });
  }
}

/**
 * The grantee is registered, active, and reads with the key that the kfrags delegate to.
 *
 * @throws EmrError `GRANT_REFUSED`.
 */
export async function assertGrantee({ state }: Invocation, body: GrantBody): Promise<void> {
  const { grantId, rule, delegateeKey } = body;
  const grantee = await state.get(userKey(rule.grantee));
  const refuse = (problem: string): never => {
    throw new EmrError('GRANT_REFUSED', { grantId, problem });
  };
  if (grantee === null) return refuse('the grantee is not registered');
  if (grantee.status !== 'active') return refuse('the grantee is suspended');
  if (grantee.readerKey !== delegateeKey)
    refuse('the delegatee key is not the reader key of the grantee');
}

/** @throws EmrError `CUSTODIAN_NOT_FOUND`. */
export async function assertCustodians(state: WorldState, body: GrantBody): Promise<void> {
  for (const mspId of body.custodians) {
    await custodianOf(state, mspId);
  }
}
