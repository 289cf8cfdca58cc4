/**
 * `emr recovery show` and `wards`: plans, and what was asked for by them.
 *
 * @module
 */
import { UserId } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { collect } from '../../data/collect.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { matching } from '../../input/option-value.js';
import { localTime } from '../../output/local-time.js';
import { describePlan, describeRecovery } from '../../output/recovery-text.js';
import { table } from '../../output/table.js';

const OUTDATED =
  'A hospital of this plan has left the consortium’s roster; the patient should make one anew: emr recovery plan';

/** Makes the command for one call. */
export function showCommand(host: Host): Command {
  return new Command('show')
    .description('a recovery plan, and the recoveries that were asked for (yours, or a patient’s)')
    .argument('[patient]', 'whose (default: yours)', matching(UserId, 'a user ID'))
    .action(async (patient: UserId | undefined, _options: unknown, command: Command) => {
      const call = new Call(host, command);
      const query = { patient, signal: call.signal };
      const { plan, outdated, requests } = await withClient(call, async ({ recovery }) => {
        const signed = await recovery.get(query);
        return {
          plan: signed.body,
          outdated: await recovery.isOutdated(signed, query),
          requests: await collect(recovery.requests(query)),
        };
      });
      const now = Date.now();
      const parts = [describePlan(plan), ...requests.map((one) => describeRecovery(one, now))];
      if (outdated) parts.splice(1, 0, OUTDATED);
      call.output.result({ plan, outdated, requests }, parts.join('\n\n'));
    });
}

/** Makes the command for one call. */
export function wardsCommand(host: Host): Command {
  return new Command('wards')
    .description('(guardian) the patients whose keys you hold a share of')
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      const { signal } = call;
      const plans = await withClient(call, ({ recovery }) => collect(recovery.wards({ signal })));
      const rows = plans.map(({ body }) => [
        body.patient,
        `${String(body.threshold)} of ${String(body.custodians.length)}`,
        localTime(body.createdAt),
      ]);
      call.output.result(
        { plans: plans.map(({ body }) => body) },
        table(['patient', 'needed', 'since'], rows, 'you are nobody’s guardian'),
      );
    });
}
