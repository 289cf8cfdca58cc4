/**
 * `emr network admin review-grace`: how soon emergencies must be reviewed.
 *
 * @module
 */
import { publishReviewRule } from '@emr-share/gateway-client';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import { openFabricConsortium } from '../../../consortium/fabric-consortium.js';
import { CliError } from '../../../errors/cli-error.js';
import type { Host } from '../../../host.js';
import { parseDuration } from '../../../input/duration.js';
import { checked } from '../../../input/option-value.js';
import { durationText } from '../../../output/duration-text.js';
import { type FolderOptions, networkFolder, withFolderOption } from '../network-folder.js';

/** Makes the command for one call. */
export function reviewGraceCommand(host: Host): Command {
  return withFolderOption(
    new Command('review-grace').argument(
      '<duration>',
      'such as 72h; longer, and its physician can declare no other emergency',
      checked(parseDuration),
    ),
  )
    .description('set how long an emergency may stay unreviewed, for the whole consortium')
    .action(async (graceMs: number, options: FolderOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      await using consortium = await openFabricConsortium(dir);
      const [mspId] = consortium.organizations;
      if (mspId === undefined) throw new CliError('USAGE', 'no hospital of this host can say so');
      const { identity } = await consortium.admin(mspId);
      const ledger = consortium.ledger(identity);
      const rule = await publishReviewRule(ledger, { graceMs }, { signal: call.signal });
      call.output.result(
        rule,
        `Emergencies must be reviewed within ${durationText(rule.graceMs)}.`,
      );
    });
}
