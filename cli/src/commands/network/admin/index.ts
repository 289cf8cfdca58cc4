/**
 * `emr network admin`: people, certificates, hospitals and contract of the running network.
 *
 * @module
 */
import { Command } from 'commander';
import type { Host } from '../../../host.js';
import { addOrganizationCommand } from './add-organization.js';
import { enrolCommand } from './enrol.js';
import { refreshSharesCommand } from './refresh-shares.js';
import { registerCommand } from './register.js';
import { renewCommand } from './renew.js';
import { reviewGraceCommand } from './review-grace.js';
import { revokeCommand } from './revoke.js';
import { restoreCommand } from './restore.js';
import { rosterCommand } from './roster.js';
import { rotateCustodianCommand } from './rotate-custodian.js';
import { snapshotCommand } from './snapshot.js';
import { upgradeCommand } from './upgrade.js';
import { usersCommand } from './users.js';

const COMMANDS: readonly ((host: Host) => Command)[] = [
  registerCommand,
  enrolCommand,
  usersCommand,
  revokeCommand,
  renewCommand,
  addOrganizationCommand,
  upgradeCommand,
  rotateCustodianCommand,
  rosterCommand,
  refreshSharesCommand,
  reviewGraceCommand,
  snapshotCommand,
  restoreCommand,
];

/** Makes the command for one call. */
export function adminCommand(host: Host): Command {
  const command = new Command('admin').description(
    'administer the running network: users, certificates, hospitals, the contract',
  );
  for (const makeCommand of COMMANDS) command.addCommand(makeCommand(host));
  return command.addHelpText(
    'after',
    "\nEach command acts with the keys in the network's folder; its own help says with whose.",
  );
}
