/**
 * `emr emergency declare` and `prepare`: what the physician does first.
 *
 * @module
 */
import {
  EMERGENCY_PURPOSES,
  EMERGENCY_REASONS,
  parseJson,
  SignedApproval,
  TicketId,
  ticketState,
  type EmergencyReasonCode,
  type UserId,
} from '@emr-share/model';
import { Command, Option } from 'commander';
import { Call } from '../../call.js';
import { withClient } from '../../data/open-client.js';
import type { Host } from '../../host.js';
import { collecting, matching } from '../../input/option-value.js';
import { readSmallFile } from '../../input/small-file.js';
import { FACTS_HELP } from '../../patients/patient-facts.js';
import {
  patientFinder,
  withPatientOptions,
  type PatientOptions,
} from '../../patients/which-patient.js';
import { describeTicket } from '../../output/ticket-text.js';

type Purpose = (typeof EMERGENCY_PURPOSES)[number];

interface PrepareOptions extends PatientOptions {
  readonly purpose: Purpose;
  readonly ticket?: TicketId;
}

interface DeclareOptions extends PrepareOptions {
  readonly reason: EmergencyReasonCode;
  readonly words?: string;
  readonly approval?: string[];
}

const withCommonOptions = (command: Command): Command =>
  withPatientOptions(command)
    .addOption(
      new Option('--purpose <code>', 'purpose of use')
        .choices(EMERGENCY_PURPOSES)
        .default('ETREAT'),
    )
    .option(
      '--ticket <id>',
      'choose the ID of the ticket, to repeat a call (default: random)',
      matching(TicketId, '32 lower-case hex digits'),
    );

function reasonHelp(): string {
  const lines = Object.entries(EMERGENCY_REASONS).map(
    ([code, meaning]) => `  ${code.padEnd(18)}${meaning}`,
  );
  return ['', 'Reasons:', ...lines].join('\n');
}

async function approvalIn(host: Host, path: string): Promise<SignedApproval> {
  return parseJson(SignedApproval, await readSmallFile(host, path), `the approval in ${path}`);
}

async function wordsIn(host: Host, path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : (await readSmallFile(host, path)).trim();
}

/** Makes the command for one call. */
export function declareCommand(host: Host): Command {
  return withCommonOptions(new Command('declare'))
    .description('(emergency physician) declare an emergency; the patient and all officers see it')
    .addOption(
      new Option('--reason <code>', 'why, for all to see')
        .choices(Object.keys(EMERGENCY_REASONS))
        .makeOptionMandatory(),
    )
    .option(
      '--words <file>',
      'why, in words, for the patient and the privacy officers alone; - for stdin',
    )
    .option(
      '--approval <file>',
      'an approval signed beforehand; may be repeated',
      collecting((path) => path),
    )
    .addHelpText('after', `${reasonHelp()}\n${FACTS_HELP}`)
    .action(async (named: UserId | undefined, options: DeclareOptions, command: Command) => {
      const call = new Call(host, command);
      const { purpose, ticket: ticketId, reason: code, words, approval = [] } = options;
      const findPatient = patientFinder(call, named, options);
      const text = await wordsIn(host, words);
      const approvals = await Promise.all(approval.map((path) => approvalIn(host, path)));
      const { signal } = call;
      const { ticket, matched } = await withClient(call, async (client) => {
        const found = await findPatient(client);
        const question = { patient: found.patient, purpose, ticketId, approvals, signal };
        const declared = await client.emergency.declare({ ...question, reason: { code, text } });
        return { ticket: declared, matched: found.matched };
      });
      const isOpen = ticketState(ticket, Date.now()) === 'open';
      const next = isOpen
        ? `Next: emr emergency open ${ticket.ticketId}`
        : `Next, at another hospital: emr emergency approve ${ticket.ticketId}`;
      call.output.result(
        { ticket, matched },
        `Declared:\n${describeTicket(ticket, Date.now())}\n${next}`,
      );
    });
}

/** Makes the command for one call. */
export function prepareCommand(host: Host): Command {
  return withCommonOptions(new Command('prepare'))
    .description('(emergency physician) write what others sign to approve beforehand, as JSON')
    .action(async (named: UserId | undefined, options: PrepareOptions, command: Command) => {
      const call = new Call(host, command);
      const { purpose, ticket: ticketId } = options;
      const { signal } = call;
      const findPatient = patientFinder(call, named, options);
      const request = await withClient(call, async (client) => {
        const { patient } = await findPatient(client);
        return client.emergency.prepare({ patient, purpose, ticketId, signal });
      });
      call.output.result(request, JSON.stringify(request, null, 2));
    });
}
