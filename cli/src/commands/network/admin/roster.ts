/**
 * `emr network admin roster`: which hospitals keep the shares of emergency and other rules.
 *
 * @module
 */
import {
  approveRoster,
  listRosters,
  proposeRoster,
  type Ledger,
  type Rosters,
} from '@emr-share/gateway-client';
import type { MspId, RosterSupport, RosterTerms } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import { CliError } from '../../../errors/cli-error.js';
import type { Host } from '../../../host.js';
import { parseThreshold } from '../../../input/organization-count.js';
import {
  type AdminsHere,
  type AdminsOptions,
  openAdmins,
  withAdminsOptions,
} from './admins-here.js';

interface ProposeOptions extends AdminsOptions {
  readonly threshold?: number;
}

const HELP = `
Patients share the keys of what an emergency may open among the hospitals of that day. When one joins
or leaves, the hospitals decide on a roster, and hand the shares on to it: emr network admin
refresh-shares. A roster is in force when more than half of the hospitals support the same one.`;

const rosterText = ({ number, custodians, threshold }: RosterTerms): string =>
  `roster ${String(number)}: ${custodians.join(', ')}; any ${String(threshold)} of them open`;

function supportText({ roster, supporters, needed, adopted }: RosterSupport): string {
  if (adopted)
    return `In force: ${rosterText(roster)}.\nNow every hospital runs: emr network admin refresh-shares`;
  return `Proposed: ${rosterText(roster)}.\nSupported by ${supporters.join(', ')}; ${String(needed)} have to.`;
}

function rostersText({ inForce, supported }: Rosters): string {
  const current =
    inForce === null
      ? 'No roster yet: each rule has the hospitals that its patient shared it among.'
      : `In force: ${rosterText(inForce)}.`;
  return [current, ...supported.map(supportText)].join('\n');
}

/** Has the admin of a hospital support a roster, and says how it stands. */
async function vote(
  { output }: Call,
  admins: AdminsHere,
  mspId: MspId,
  act: (ledger: Ledger) => Promise<RosterSupport>,
): Promise<void> {
  const support = await act(await admins.ledger(mspId));
  output.result(support, supportText(support));
}

function showCommand(host: Host): Command {
  return withAdminsOptions(new Command('show'))
    .description('show the roster in force, and what is proposed as the next one')
    .action(async (options: AdminsOptions, command: Command) => {
      const call = new Call(host, command);
      await using admins = await openAdmins(call, options, host);
      const [first] = admins.here;
      if (first === undefined) throw new CliError('USAGE', 'no hospital is on this host');
      const { signal } = call;
      const rosters = await listRosters(await admins.ledger(first), { signal });
      call.output.result(rosters, rostersText(rosters));
    });
}

function proposeCommand(host: Host): Command {
  return withAdminsOptions(
    new Command('propose')
      .argument('<organization>', 'whose admin proposes it, such as hospa or HospAMSP')
      .argument('<custodians...>', 'the hospitals of the roster, in their order'),
  )
    .description('propose the next roster; in the place of what the hospital proposed before')
    .option(
      '--threshold <n>',
      'how many must answer (default and least: a majority)',
      parseThreshold,
    )
    .addHelpText('after', HELP)
    .action(
      async (organization: string, named: string[], options: ProposeOptions, command: Command) => {
        const call = new Call(host, command);
        await using admins = await openAdmins(call, options, host);
        const mspId = admins.hospitalHere(organization);
        const custodians = named.map((name) => admins.hospital(name));
        const { threshold } = options;
        const { signal } = call;
        await vote(call, admins, mspId, (ledger) =>
          proposeRoster(ledger, { custodians, threshold, signal }),
        );
      },
    );
}

function approveCommand(host: Host): Command {
  return withAdminsOptions(
    new Command('approve')
      .argument('<organization>', 'whose admin approves, such as hospb or HospBMSP')
      .argument('<proposer>', 'the hospital whose proposal it is'),
  )
    .description('support the roster that another hospital has proposed')
    .addHelpText('after', HELP)
    .action(
      async (organization: string, proposer: string, options: AdminsOptions, command: Command) => {
        const call = new Call(host, command);
        await using admins = await openAdmins(call, options, host);
        const mspId = admins.hospitalHere(organization);
        const named = admins.hospital(proposer);
        const { signal } = call;
        await vote(call, admins, mspId, (ledger) => approveRoster(ledger, named, { signal }));
      },
    );
}

/** Makes the command for one call. */
export function rosterCommand(host: Host): Command {
  return new Command('roster')
    .description('decide which hospitals keep the shares of emergency and other rules')
    .addHelpText('after', HELP)
    .addCommand(showCommand(host))
    .addCommand(proposeCommand(host))
    .addCommand(approveCommand(host));
}
