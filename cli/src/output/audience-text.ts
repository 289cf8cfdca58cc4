/**
 * Audience grants as people read them.
 *
 * @module
 */
import type { Audience, AudienceId, AudienceRule } from '@emr-share/model';
import { durationText } from './duration-text.js';
import { localTime } from './local-time.js';
import { shortId } from './short-id.js';
import { pairs, table } from './table.js';

const TITLES = ['rule', 'kind', 'covers', 'for', 'readers', 'approvals', 'until', 'state'];

/** Who is let in: what the certificate must say. */
export function readersText({ readers }: AudienceRule): string {
  const { roles = [], departments = [], mspIds = [] } = readers;
  const parts = [roles.join(' or ')];
  if (departments.length > 0) parts.push(`of ${departments.join(' or ')}`);
  if (mspIds.length > 0) parts.push(`at ${mspIds.join(' or ')}`);
  return parts.filter((part) => part !== '').join(' ') || 'everyone';
}

/** Whether an audience grant holds at `now`. */
export function audienceState({ body: { rule }, status }: Audience, now: number): string {
  if (status.state === 'ended') return 'ended';
  if (now < rule.notBefore) return 'not yet valid';
  return now < rule.notAfter ? 'active' : 'expired';
}

export function describeAudience(audience: Audience): string {
  const { audienceId, categories, rule, threshold, custodians } = audience.body;
  const by = rule.dutyServices ? ', on-duty services included' : '';
  return pairs({
    rule: audienceId,
    covers: categories.join(', '),
    readers: readersText(rule),
    for: rule.purposes.join(', '),
    approvals: `${String(rule.approvals)} of other organizations${by}`,
    'a ticket lasts': durationText(rule.ticketMs),
    until: localTime(rule.notAfter),
    custodians: `${custodians.join(', ')}; ${String(threshold)} of them must agree to each reading`,
  });
}

/**
 * A line for each.
 *
 * @param closed - IDs of those that have a receipt.
 */
export function audienceTable(
  audiences: readonly Audience[],
  closed: ReadonlySet<AudienceId>,
  now: number,
): string {
  const rows = audiences.map((audience) => {
    const { audienceId, categories, rule } = audience.body;
    return [
      shortId(audienceId),
      rule.kind,
      categories.join(', '),
      rule.purposes.join(', '),
      readersText(rule),
      String(rule.approvals),
      localTime(rule.notAfter),
      `${audienceState(audience, now)}${closed.has(audienceId) ? ', no share left' : ''}`,
    ];
  });
  return table(TITLES, rows, 'no rules');
}
