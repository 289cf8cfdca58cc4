/**
 * `emr site`: a hospital's site as a whole.
 *
 * @module
 */
import { Command } from 'commander';
import type { Host } from '../../host.js';
import { restoreCommand } from './restore.js';

/** Makes the command for one call. */
export function siteCommand(host: Host): Command {
  return new Command('site')
    .description("a hospital's site as a whole: restore one that is lost")
    .addCommand(restoreCommand(host));
}
