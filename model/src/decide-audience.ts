/**
 * The decision on audience grants: does this one let this caller in, for this purpose, now?
 * Pure and total; endorsers, custodians and clients run the same function. See docs/protocol.md §7.
 *
 * @module
 */
import { failedAttribute } from './attributes.js';
import type { Audience } from './audience.js';
import { EmrError } from './errors.js';
import type { UnixMillis } from './ids.js';
import type { PolicyBody } from './policy.js';
import type { PurposeOfUse } from './purpose.js';
import type { Caller } from './user.js';

/** An audience grant as far as decisions look at it. */
export type AudienceTerms = Pick<Audience, 'body' | 'status'>;

/** All that a decision depends on. */
export interface AudienceQuestion {
  readonly caller: Caller;
  readonly audience: AudienceTerms;
  /** The patient's current policy. */
  readonly policy: PolicyBody;
  readonly purpose: PurposeOfUse;
  readonly now: UnixMillis;
}

type Check<Q> = (question: Q) => EmrError | null;

const checkActive: Check<Pick<AudienceQuestion, 'audience'>> = ({ audience: { status, body } }) =>
  status.state === 'active'
    ? null
    : new EmrError('AUDIENCE_ENDED', { audienceId: body.audienceId, endedAt: status.endedAt });

const checkTime: Check<Pick<AudienceQuestion, 'audience' | 'now'>> = ({ audience, now }) => {
  const { audienceId, rule } = audience.body;
  if (now < rule.notBefore) {
    return new EmrError('GRANT_NOT_YET_VALID', { grantId: audienceId, notBefore: rule.notBefore });
  }
  return now < rule.notAfter
    ? null
    : new EmrError('AUDIENCE_ENDED', { audienceId, endedAt: rule.notAfter });
};

const checkReader: Check<Pick<AudienceQuestion, 'audience' | 'caller'>> = ({
  audience,
  caller,
}) => {
  const { audienceId, rule } = audience.body;
  const attribute = failedAttribute(rule.readers, caller);
  return attribute === null ? null : new EmrError('READER_REFUSED', { audienceId, attribute });
};

/** An emergency is for the purposes of its own rule; the policy bounds grants that wait for nothing. */
const checkPurpose: Check<AudienceQuestion> = ({ audience, policy, purpose }) => {
  const { audienceId, rule } = audience.body;
  const within = rule.kind === 'emergency' || policy.purposes.includes(purpose);
  return within && rule.purposes.includes(purpose)
    ? null
    : new EmrError('PURPOSE_DENIED', { grantId: audienceId, purpose });
};

/** In this order: the first that fails is the answer. */
const CHECKS = [checkActive, checkTime, checkReader] as const;

/** Why an audience grant does not let a caller in, whatever the purpose; `null` where it does. */
export function refusalOfReader(
  question: Pick<AudienceQuestion, 'caller' | 'audience' | 'now'>,
): EmrError | null {
  for (const check of CHECKS) {
    const error = check(question);
    if (error !== null) return error;
  }
  return null;
}

/** Why an audience grant does not let a caller in for a purpose; `null` where it does. */
export function refusalOfAudience(question: AudienceQuestion): EmrError | null {
  return refusalOfReader(question) ?? checkPurpose(question);
}
