/**
 * What a patient's rotation leaves to do once the new keys are in force: grants, rules for readers and
 * the recovery plan. Each step is skipped where the ledger shows it done.
 *
 * @module
 */
import {
  CATEGORIES,
  guardiansOf,
  organizationsOf,
  type Grant,
  type GrantId,
} from '@emr-share/model';
import { endAudience } from '../audiences/end-audience.js';
import { extendOwnAudiences } from '../audiences/extend-own-audiences.js';
import { listAudiences } from '../audiences/find-audience.js';
import type { ClientContext } from '../client-context.js';
import { extendOwnGrants } from '../grants/extend-own-grants.js';
import { listGiven } from '../grants/list-given.js';
import { revokeGrant } from '../grants/revoke-grant.js';
import { createPlan } from '../recovery/create-plan.js';
import { verifiedPlan } from '../recovery/verified-plan.js';
import { find } from '../settle.js';
import { isSigned } from '../signed.js';

/** The patient's grants and rules for readers go on under the new keys. */
export async function keepGrants(context: ClientContext, signal: AbortSignal): Promise<void> {
  await extendOwnGrants(context, CATEGORIES, signal);
  await extendOwnAudiences(context, CATEGORIES, signal);
}

/**
 * Ends every grant and rule for readers that was made under earlier keys; the emergency rule goes on.
 *
 * @returns the grants that have ended.
 */
export async function endGrants(
  context: ClientContext,
  signal: AbortSignal,
): Promise<readonly GrantId[]> {
  const ended: GrantId[] = [];
  for await (const grant of listGiven(context, signal)) {
    if (!isToEnd(context, grant)) continue;
    const { grantId } = grant.body;
    await revokeGrant(context, grantId, { rollEpoch: false, signal });
    ended.push(grantId);
  }
  for await (const audience of listAudiences(context, context.userId, signal)) {
    const isOlder = !isSigned('audience', audience, context.keyring.verifyingPk);
    if (isOlder && audience.body.rule.kind === 'attributes') {
      await endAudience(context, audience, signal);
    }
  }
  await extendOwnAudiences(context, CATEGORIES, signal);
  return ended;
}

/** Revoked ones too: an earlier call may have been cut off before the receipt. */
function isToEnd({ keyring, clock }: ClientContext, grant: Grant): boolean {
  if (isSigned('grant', grant, keyring.verifyingPk)) return false;
  return grant.status.state === 'revoked' || clock.now() < grant.body.rule.notAfter;
}

/**
 * Makes a recovery plan anew, for it brings back the former seed: with the same custodians, threshold
 * and waiting time.
 *
 * @returns whether there is a plan.
 * @throws EmrError `RECOVERY_PLAN_REFUSED` where a guardian is suspended: make another plan, and call
 *   again.
 */
export async function renewPlan(context: ClientContext, signal: AbortSignal): Promise<boolean> {
  const { userId, keyring } = context;
  const plan = await find('RECOVERY_PLAN_NOT_FOUND', () => verifiedPlan(context, userId, signal));
  if (plan === null) return false;
  if (isSigned('recovery-plan', plan, keyring.verifyingPk)) return true;
  const { custodians, threshold, waitMs } = plan.body;
  await createPlan(context, {
    organizations: organizationsOf(custodians).map(({ mspId }) => mspId),
    guardians: guardiansOf(custodians).map((guardian) => guardian.userId),
    threshold,
    waitMs,
    signal,
  });
  return true;
}
