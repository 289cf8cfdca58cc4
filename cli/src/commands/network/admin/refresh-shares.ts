/**
 * `emr network admin refresh-shares`: shares are handed on to the hospitals of the roster in force.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { refreshShares, type ActiveStep, type RefreshReport } from '@emr-share/gateway-client';
import type { MspId } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import type { Host } from '../../../host.js';
import { parseDuration } from '../../../input/duration.js';
import { checked } from '../../../input/option-value.js';
import {
  type AdminsHere,
  type AdminsOptions,
  openAdmins,
  withAdminsOptions,
} from './admins-here.js';

interface RefreshSharesOptions extends AdminsOptions {
  readonly until?: number;
}

const HELP = `
Each hospital of the former custodians deals its shares to those of the roster, and each of those makes
new ones of what was dealt to it; nobody ever has a patient's key. When all of the roster have theirs,
the new shares count and the former ones are purged. As many former custodians as the threshold have to
take part, and every hospital of the roster. Run it at each of them, as often as you like: it does what
can be done, and says whom it waits for. Where one host has several hospitals, it acts for all of them.
What was purged is gone for good when the hospital has changed its custodian key: rotate-custodian.`;

const STEPS: Readonly<Record<ActiveStep, string>> = {
  deal: 'dealing shares to the roster',
  combine: 'making new shares',
  activate: 'putting new shares in force',
  purge: 'purging former shares',
};

/** Between two rounds of asking whether others have done their part. */
const PAUSE_MS = 2000;

const isIdle = ({ done }: RefreshReport): boolean =>
  Object.values(done).every((count) => count === 0);

const isDone = ({ waiting }: RefreshReport): boolean => waiting.scopes === 0;

/** What several rounds came to. */
function merged(before: RefreshReport | undefined, now: RefreshReport): RefreshReport {
  if (before === undefined) return now;
  const steps = Object.keys(now.done) as ActiveStep[];
  const counts = steps.map((step) => [step, before.done[step] + now.done[step]] as const);
  return { ...now, done: Object.fromEntries(counts) as RefreshReport['done'] };
}

function text({ mspId, roster, done, waiting, outdated }: RefreshReport): string {
  const { deal, combine, activate, purge } = done;
  const lines = [
    `${mspId}, roster ${String(roster)}: dealt ${String(deal)}, made ${String(combine)}, put in force ${String(activate)}, purged ${String(purge)}.`,
  ];
  if (waiting.scopes > 0) {
    const whom = waiting.organizations.join(', ');
    lines.push(`${String(waiting.scopes)} not done yet; waiting for ${whom}. Run it again then.`);
  }
  if (outdated.length > 0) {
    lines.push(
      `These ask for more hospitals than the roster has; their patients must set them anew: ${outdated.join(', ')}`,
    );
  }
  return lines.join('\n');
}

/** Makes the command for one call. */
export function refreshSharesCommand(host: Host): Command {
  return withAdminsOptions(
    new Command('refresh-shares').argument(
      '[organization]',
      'whose part, such as hospa or HospAMSP (default: of every hospital on this host)',
    ),
  )
    .description('hand the shares of emergency and other rules on to the roster in force')
    .option('--until <duration>', 'wait that long for the other hospitals', checked(parseDuration))
    .addHelpText('after', HELP)
    .action(
      async (organization: string | undefined, options: RefreshSharesOptions, command: Command) => {
        const call = new Call(host, command);
        await using admins = await openAdmins(call, options, host);
        const mspIds =
          organization === undefined ? admins.here : [admins.hospitalHere(organization)];
        const reports = await refreshAll(call, admins, mspIds, options.until ?? 0);
        call.output.result({ reports }, reports.map(text).join('\n'));
      },
    );
}

/** Rounds over the hospitals, until none has anything left to do or to wait for, or the time is up. */
async function refreshAll(
  call: Call,
  admins: AdminsHere,
  mspIds: readonly MspId[],
  untilMs: number,
): Promise<readonly RefreshReport[]> {
  const { signal, output } = call;
  const reports = new Map<MspId, RefreshReport>();
  const timeUp = AbortSignal.timeout(untilMs);
  for (;;) {
    const round: RefreshReport[] = [];
    for (const mspId of mspIds) {
      const report = await refreshShares({
        ledger: await admins.ledger(mspId),
        signal,
        onProgress: ({ step, scopes }) => {
          output.note(`${mspId}: ${STEPS[step]} (${String(scopes)})`);
        },
      });
      reports.set(mspId, merged(reports.get(mspId), report));
      round.push(report);
    }
    if (!round.every(isIdle)) continue;
    if (round.every(isDone) || timeUp.aborted) return [...reports.values()];
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
