/**
 * `emr network`: what consortium admins run.
 *
 * @module
 */
import { Command } from 'commander';
import type { Host } from '../../host.js';
import { adminCommand } from './admin/index.js';
import { doctorCommand } from './doctor.js';
import { downCommand } from './down.js';
import { exportCommand } from './export.js';
import { importCommand } from './import.js';
import { logsCommand } from './logs.js';
import { renderCommand } from './render.js';
import { startCommand } from './start.js';
import { statusCommand } from './status.js';
import { stopCommand } from './stop.js';
import { superviseCommand } from './supervise.js';
import { toolsCommand } from './tools.js';
import { topCommand } from './top.js';
import { upCommand } from './up.js';

const COMMANDS: readonly ((host: Host) => Command)[] = [
  upCommand,
  downCommand,
  statusCommand,
  topCommand,
  logsCommand,
  doctorCommand,
  stopCommand,
  startCommand,
  exportCommand,
  importCommand,
  renderCommand,
  toolsCommand,
  adminCommand,
  superviseCommand,
];

/** Makes the command for one call. */
export function networkCommand(host: Host): Command {
  const command = new Command('network').description(
    'run the real network: Fabric, its CAs, contract services, Kubo',
  );
  for (const makeCommand of COMMANDS) command.addCommand(makeCommand(host));
  return command;
}
