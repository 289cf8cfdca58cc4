/**
 * `emr emergency`: breaking the glass, in front of everyone's eyes.
 *
 * @module
 */
import { Command } from 'commander';
import type { Host } from '../../host.js';
import { approveCommand, signCommand } from './approve.js';
import { declareCommand, prepareCommand } from './declare.js';
import { dutyCommand } from './duty.js';
import { graceCommand } from './grace.js';
import { openCommand } from './open.js';
import { endCommand, listCommand, reasonCommand, reviewCommand } from './review.js';
import { optOutCommand, ruleCommand, setRuleCommand } from './rule.js';
import { watchCommand } from './watch.js';

const STEPS = `
Steps:
  patient        emr emergency rule                    what emergency physicians may open
  physician      emr emergency declare PATIENT --reason unconscious
                                                       or --card CARD, or --mrn NUMBER
  another one    emr emergency approve TICKET          at another hospital
  physician      emr emergency open TICKET
  officer        emr emergency review TICKET cleared   at another hospital, afterwards`;

/** Makes the command for one call. */
export function emergencyCommand(host: Host): Command {
  const command = new Command('emergency')
    .description('reach vital records of a patient who cannot be asked')
    .addHelpText('after', STEPS);
  for (const make of [
    ruleCommand,
    setRuleCommand,
    optOutCommand,
    declareCommand,
    approveCommand,
    openCommand,
    endCommand,
    listCommand,
    reasonCommand,
    reviewCommand,
    watchCommand,
    dutyCommand,
    prepareCommand,
    signCommand,
    graceCommand,
  ]) {
    command.addCommand(make(host));
  }
  return command;
}
