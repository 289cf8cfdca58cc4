/**
 * Grants as people read them.
 *
 * @module
 */
import type { Grant } from '@emr-share/model';
import { localTime } from './local-time.js';
import { shortId } from './short-id.js';
import { pairs } from './table.js';

/** What a grant lets its grantee read. */
export function coverageText({ body: { coverage } }: Grant): string {
  return coverage.kind === 'categories'
    ? coverage.categories.join(', ')
    : `record ${shortId(coverage.recordId)}`;
}

/** Whether a grant holds at `now`. */
export function stateText({ body: { rule }, status }: Grant, now: number): string {
  if (status.state === 'revoked') return 'revoked';
  if (now < rule.notBefore) return 'not yet valid';
  return now < rule.notAfter ? 'active' : 'expired';
}

export function describeGrant(grant: Grant): string {
  const { grantId, rule, threshold, custodians } = grant.body;
  return pairs({
    grant: grantId,
    to: rule.grantee,
    covers: coverageText(grant),
    for: rule.purposes.join(', '),
    from: localTime(rule.notBefore),
    until: localTime(rule.notAfter),
    custodians: `${custodians.join(', ')}; ${String(threshold)} of them must agree to each reading`,
  });
}
