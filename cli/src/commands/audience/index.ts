/**
 * `emr audience`: let in everyone whose certificate says what a rule asks for.
 *
 * @module
 */
import { Command } from 'commander';
import type { Host } from '../../host.js';
import { openCommand } from '../emergency/open.js';
import { createAudienceCommand } from './create.js';
import { endAudienceCommand, listAudiencesCommand } from './list.js';
import { requestCommand } from './request.js';

/** Makes the command for one call. */
export function audienceCommand(host: Host): Command {
  const command = new Command('audience').description(
    'let a kind of reader in: a ward, a specialty, a study; not one person',
  );
  for (const make of [
    createAudienceCommand,
    listAudiencesCommand,
    endAudienceCommand,
    requestCommand,
    openCommand,
  ]) {
    command.addCommand(make(host));
  }
  return command;
}
