/**
 * `emr summary`: the few facts of a patient that matter in an emergency.
 *
 * @module
 */
import { Command } from 'commander';
import type { Host } from '../../host.js';
import { refreshSummaryCommand } from './refresh.js';
import { showSummaryCommand } from './show.js';

/** Makes the command for one call. */
export function summaryCommand(host: Host): Command {
  return new Command('summary')
    .description('allergies, medication, problems, implants, blood group and directives')
    .addCommand(showSummaryCommand(host))
    .addCommand(refreshSummaryCommand(host));
}
