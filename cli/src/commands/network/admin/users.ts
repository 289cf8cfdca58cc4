/**
 * `emr network admin users`: whom the CAs know.
 *
 * @module
 */
import { listUsers, networkTopology, type RegisteredUser } from '@emr-share/network';
import { Command } from 'commander';
import { Call } from '../../../call.js';
import type { Host } from '../../../host.js';
import { table } from '../../../output/table.js';
import { type FolderOptions, networkFolder, withFolderOption } from '../network-folder.js';

interface UsersOptions extends FolderOptions {
  readonly org?: string;
  readonly all?: boolean;
}

const TITLES = [
  'id',
  'organization',
  'type',
  'role',
  'department',
  'serial',
  'expires',
  'certificate',
];

function rows({
  id,
  organization,
  type,
  role,
  department,
  certificates,
}: RegisteredUser): string[][] {
  const who = [id, organization, type, role ?? '', department ?? ''];
  if (certificates.length === 0) return [[...who, '', '', 'never enrolled']];
  return certificates.map(({ serial, expires, revoked }) => {
    const ended = Date.parse(expires) < Date.now() ? 'ended' : 'valid';
    return [...who, serial, expires.slice(0, 10), revoked ? 'revoked' : ended];
  });
}

/** Makes the command for one call. */
export function usersCommand(host: Host): Command {
  return withFolderOption(new Command('users'))
    .description("list the users that the organizations' CAs know, and their certificates")
    .option('--org <organization>', 'only of this one')
    .option('--all', 'nodes and administrators, too')
    .addHelpText('after', '\nAsked as the registrar of each organization.')
    .action(async (options: UsersOptions, command: Command) => {
      const call = new Call(host, command);
      const dir = await networkFolder(options, host);
      const { organizations } = await networkTopology(dir);
      const names =
        options.org === undefined ? organizations.map(({ name }) => name) : [options.org];
      const lists = await Promise.all(names.map((name) => listUsers(dir, name, call.signal)));
      const users = lists.flat().filter(({ type }) => options.all === true || type === 'client');
      call.output.result({ users }, table(TITLES, users.flatMap(rows), 'No users are registered.'));
    });
}
