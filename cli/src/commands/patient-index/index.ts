/**
 * `emr index`: the hospital's own master patient index, from names and numbers to pseudonymous IDs.
 *
 * @module
 */
import { Command } from 'commander';
import type { Host } from '../../host.js';
import { addCommand } from './add.js';
import { findCommand } from './find.js';
import { importCommand } from './import.js';
import { removeCommand } from './remove.js';

const ABOUT = `
It stays at the hospital: a directory, encrypted under a key file; nothing of it goes to the ledger.
  registry    emr index import patients.csv              or FHIR Patient resources
  physician   emr emergency declare --mrn 4711 --reason unconscious`;

/** Makes the command for one call. */
export function patientIndexCommand(host: Host): Command {
  const command = new Command('index')
    .description(
      "find a patient's pseudonymous ID by the hospital's number, or name and birth date",
    )
    .addHelpText('after', ABOUT);
  for (const make of [importCommand, addCommand, findCommand, removeCommand]) {
    command.addCommand(make(host));
  }
  return command;
}
