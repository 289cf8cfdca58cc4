/**
 * Audit entries as people read them.
 *
 * @module
 */
import type { AuditEntry, AuditType } from '@emr-share/model';

const TEXT: Readonly<Record<AuditType, string>> = {
  'user.registered': 'registered',
  'user.suspended': 'suspended a user',
  'custodian.published': 'published a custodian key',
  'custodian.retired': 'retired a custodian key',
  'scope.published': 'opened a scope',
  'policy.published': 'published an access policy',
  'record.filed': 'filed a record',
  'record.wrapped': 'wrapped a record for a grant of its own',
  'grant.created': 'granted access',
  'grant.extended': 'extended a grant',
  'grant.revoked': 'revoked a grant',
  'grant.closed': 'closed a grant: its fragments are gone',
  'access.granted': 'READ',
  'audience.created': 'set a rule for readers',
  'audience.extended': 'extended a rule for readers',
  'audience.ended': 'ended a rule for readers',
  'audience.closed': 'closed a rule for readers: its shares are gone',
  'audience.opened': 'READ by rule',
  'emergency.declared': 'DECLARED AN EMERGENCY',
  'emergency.approved': 'approved an emergency',
  'emergency.ended': 'ended an emergency',
  'emergency.reviewed': 'reviewed an emergency',
  'review-rule.published': 'set how soon emergencies are reviewed',
  'roster.supported': 'supported a roster of custodians',
  'roster.adopted': 'put a roster of custodians in force',
  'shares.dealt': 'dealt shares to the custodians of a roster',
  'shares.refreshed': 'handed the shares of rules for readers on',
  'recovery.planned': 'made a recovery plan',
  'recovery.requested': 'ASKED TO RECOVER THE KEYS',
  'recovery.approved': 'approved a recovery of the keys',
  'recovery.vetoed': 'vetoed a recovery of the keys',
  'recovery.completed': 'RECOVERED THE KEYS',
  'keys.rotated': 'ROTATED THE KEYS',
};

/** What happened, in words. */
export function eventText({ type }: AuditEntry): string {
  return TEXT[type];
}
