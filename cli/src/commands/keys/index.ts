/**
 * `emr keys`: the user's own keys.
 *
 * @module
 */
import { Command } from 'commander';
import type { Host } from '../../host.js';
import { rotateCommand } from './rotate.js';
import { showCommand } from './show.js';

/** Makes the command for one call. */
export function keysCommand(host: Host): Command {
  const command = new Command('keys').description('see your keys, and put new ones in their place');
  for (const make of [showCommand, rotateCommand]) command.addCommand(make(host));
  return command;
}
