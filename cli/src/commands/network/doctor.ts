/**
 * `emr network doctor`: what is wrong, and how to mend it.
 *
 * @module
 */
import { diagnose, type Finding } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../call.js';
import { CliError } from '../../errors/cli-error.js';
import type { Host } from '../../host.js';
import { printable } from '../../output/printable.js';
import { type FolderOptions, networkFolder, withFolderOption } from './network-folder.js';

function text({ severity, code, subject, problem, remedy }: Finding): string {
  return printable(`${severity}  ${subject}: ${problem} (${code})\n       mend it: ${remedy}`);
}

/** Makes the command for one call. */
export function doctorCommand(host: Host): Command {
  return withFolderOption(new Command('doctor'))
    .description('look for what is wrong with the network, and say how to mend it')
    .addHelpText('after', '\nChanges nothing. Ends with 7 where it finds an error.')
    .action(async (options: FolderOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const findings = await diagnose(dir, { signal: call.signal });
      call.output.result({ dir, findings }, findings.map(text).join('\n') || 'Nothing is wrong.');
      const errors = findings.filter(({ severity }) => severity === 'error').length;
      if (errors === 0) return;
      throw new CliError('NETWORK_UNWELL', `errors found: ${String(errors)}`, {
        details: { errors },
      });
    });
}
