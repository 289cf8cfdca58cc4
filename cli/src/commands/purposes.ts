/**
 * `emr purposes`: the codes that `--purpose` takes.
 *
 * @module
 */
import { PURPOSES } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../call.js';
import type { Host } from '../host.js';
import { table } from '../output/table.js';

/** Makes the command for one call. */
export function purposesCommand(host: Host): Command {
  return new Command('purposes')
    .description('list the purposes of use (HL7 v3 ActReason)')
    .action((_options: unknown, command: Command) => {
      const purposes = Object.entries(PURPOSES);
      new Call(host, command).output.result(
        { purposes: purposes.map(([code, display]) => ({ code, display })) },
        table(['code', 'meaning'], purposes, ''),
      );
    });
}
