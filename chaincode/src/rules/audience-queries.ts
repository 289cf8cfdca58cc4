/**
 * Reading audience grants.
 *
 * @module
 */
import {
  EmrError,
  failedAttribute,
  refusalOfReader,
  type Audience,
  type AudienceBody,
  type Caller,
} from '@emr-share/model';
import { wholeAudience } from '../audiences.js';
import type { Rule } from '../invocation.js';
import { audiencesOf } from '../ledger-keys.js';

/** Also where it has ended: a reader learns from the decision why. */
export const getAudience: Rule<'audience:GetAudience'> = async ({ caller, state }, request) => {
  const audience = await wholeAudience(state, request.audienceId);
  const { body } = audience;
  if (seesAll(caller, body) || failedAttribute(body.rule.readers, caller) === null) return audience;
  throw new EmrError('ROLE_DENIED', {
    role: caller.role,
    action: 'see an audience grant that does not let you in',
  });
};

export const listAudiences: Rule<'audience:ListAudiences'> = async (
  { caller, state, now },
  request,
) => {
  const { entries, bookmark } = await state.page(audiencesOf(request.patient), request);
  const all = await Promise.all(
    entries.map(({ parts }) => wholeAudience(state, parts.at(-1) ?? '')),
  );
  const isVisible = (audience: Audience): boolean =>
    isOwnerOrAuditor(caller, audience.body) || refusalOfReader({ caller, audience, now }) === null;
  return {
    audiences: all.filter(isVisible),
    ...(bookmark === undefined ? {} : { bookmark }),
  };
};

/** @throws EmrError `ROLE_DENIED`. */
export function assertSeesShares(caller: Caller, body: AudienceBody): void {
  if (seesAll(caller, body)) return;
  throw new EmrError('ROLE_DENIED', { role: caller.role, action: 'see the shares of others' });
}

const isOwnerOrAuditor = ({ userId, role }: Caller, { patient }: AudienceBody): boolean =>
  userId === patient || role === 'auditor';

/** Admins purge shares; privacy officers and duty services approve by the rule. */
const seesAll = (caller: Caller, body: AudienceBody): boolean =>
  isOwnerOrAuditor(caller, body) ||
  caller.role === 'admin' ||
  caller.role === 'privacy-officer' ||
  caller.role === 'duty-service';
