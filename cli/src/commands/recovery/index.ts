/**
 * `emr recovery`: keys that were lost with their device.
 *
 * @module
 */
import { Command } from 'commander';
import type { Host } from '../../host.js';
import { approveCommand } from './approve.js';
import { finishCommand, requestCommand } from './new-device.js';
import { planCommand } from './plan.js';
import { showCommand, wardsCommand } from './show.js';
import { vetoCommand } from './veto.js';

const STEPS = `
Steps:
  beforehand      emr recovery plan --guardian USER     shares of your keys for those you name
  device lost     emr init USER; emr recovery request   on the new device: read its code out
  custodians      emr recovery approve USER --code …    having seen you in person
  old device      emr recovery veto RECOVERY            where it was not you who asked
  new device      emr recovery finish                   after the waiting time`;

/** Makes the command for one call. */
export function recoveryCommand(host: Host): Command {
  const command = new Command('recovery')
    .description('get keys back that were lost with their device')
    .addHelpText('after', STEPS);
  for (const make of [
    planCommand,
    showCommand,
    wardsCommand,
    requestCommand,
    approveCommand,
    vetoCommand,
    finishCommand,
  ]) {
    command.addCommand(make(host));
  }
  return command;
}
