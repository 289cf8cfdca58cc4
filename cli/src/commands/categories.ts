/**
 * `emr categories`: what `--category` takes, and how each is protected.
 *
 * @module
 */
import { CATEGORIES, CONFIDENTIALITY, securityLevelOf } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../call.js';
import type { Host } from '../host.js';
import { table } from '../output/table.js';

/** Makes the command for one call. */
export function categoriesCommand(host: Host): Command {
  return new Command('categories')
    .description('list the record categories and their security levels')
    .action((_options: unknown, command: Command) => {
      const categories = CATEGORIES.map((category) => {
        const securityLevel = securityLevelOf(category);
        return { category, securityLevel, confidentiality: CONFIDENTIALITY[securityLevel] };
      });
      new Call(host, command).output.result(
        { categories },
        table(
          ['category', 'security level', 'FHIR confidentiality'],
          categories.map((row) => [row.category, row.securityLevel, row.confidentiality]),
          '',
        ),
      );
    });
}
