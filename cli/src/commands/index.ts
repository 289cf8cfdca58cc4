/**
 * All commands, in the order of the help.
 *
 * @module
 */
import type { Command } from 'commander';
import type { Host } from '../host.js';
import { audienceCommand } from './audience/index.js';
import { cardCommand } from './card.js';
import { categoriesCommand } from './categories.js';
import { drillCommand } from './drill.js';
import { emergencyCommand } from './emergency/index.js';
import { fetchCommand } from './fetch.js';
import { grantCommand } from './grant.js';
import { grantsCommand } from './grants.js';
import { initCommand } from './init.js';
import { logCommand } from './log.js';
import { networkCommand } from './network/index.js';
import { patientIndexCommand } from './patient-index/index.js';
import { purposesCommand } from './purposes.js';
import { recordsCommand } from './records.js';
import { keysCommand } from './keys/index.js';
import { recoveryCommand } from './recovery/index.js';
import { registerCommand } from './register.js';
import { revokeCommand } from './revoke.js';
import { siteCommand } from './site/index.js';
import { summaryCommand } from './summary/index.js';
import { uploadCommand } from './upload.js';
import { verifyCommand } from './verify.js';
import { whoamiCommand } from './whoami.js';

export const COMMANDS: readonly ((host: Host) => Command)[] = [
  initCommand,
  registerCommand,
  whoamiCommand,
  uploadCommand,
  recordsCommand,
  grantCommand,
  grantsCommand,
  fetchCommand,
  revokeCommand,
  summaryCommand,
  cardCommand,
  patientIndexCommand,
  emergencyCommand,
  audienceCommand,
  recoveryCommand,
  keysCommand,
  logCommand,
  verifyCommand,
  purposesCommand,
  categoriesCommand,
  networkCommand,
  siteCommand,
  drillCommand,
];
