/**
 * Who a command is about.
 *
 * @module
 */
import { Department, type Role, ROLES, UserId } from '@emr-share/model';
import type { UserRegistration } from '@emr-share/network';
import { type Command, Option } from 'commander';
import { matching } from '../../../input/option-value.js';
import { type FolderOptions, withFolderOption } from '../network-folder.js';

export interface OrganizationOptions extends FolderOptions {
  readonly org: string;
}

export interface UserOptions extends OrganizationOptions {
  readonly role: Role;
  readonly department?: string;
  readonly again?: boolean;
}

/** Gives a command the options that say which network and which of its organizations. */
export function withOrganizationOption(command: Command): Command {
  return withFolderOption(command).requiredOption(
    '--org <organization>',
    'whose, such as hospa or HospAMSP',
  );
}

/** Gives a command the argument and the options that say who somebody shall be. */
export function withUserOptions(command: Command): Command {
  return withOrganizationOption(
    command.argument(
      '<user>',
      'pseudonymous user ID, no personal data',
      matching(UserId, '3 to 64 of a–z, 0–9, dot, underscore and hyphen'),
    ),
  )
    .addOption(new Option('--role <role>', 'what the user is').choices(ROLES).makeOptionMandatory())
    .option(
      '--department <name>',
      'the department in the certificate',
      matching(Department, '1 to 64 of a–z, 0–9 and hyphen'),
    )
    .option('--again', 'somebody known, too: the role and department given replace the known ones');
}

export function registrationOf(
  userId: UserId,
  { role, department }: UserOptions,
): UserRegistration {
  return { userId, role, ...(department === undefined ? {} : { department }) };
}
