/**
 * `emr grants`: who may read what.
 *
 * @module
 */
import type { Grant } from '@emr-share/model';
import { Command } from 'commander';
import { Call } from '../call.js';
import { collect } from '../data/collect.js';
import { withClient } from '../data/open-client.js';
import { visibleGrants } from '../data/visible.js';
import type { Host } from '../host.js';
import { coverageText, stateText } from '../output/grant-text.js';
import { localTime } from '../output/local-time.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';

const TITLES = ['grant', 'patient', 'to', 'covers', 'for', 'until', 'state'];

function row(grant: Grant): string[] {
  const { grantId, patient, rule } = grant.body;
  return [
    shortId(grantId),
    patient,
    rule.grantee,
    coverageText(grant),
    rule.purposes.join(', '),
    localTime(rule.notAfter),
    stateText(grant, Date.now()),
  ];
}

/** Makes the command for one call. */
export function grantsCommand(host: Host): Command {
  return new Command('grants')
    .description('list the grants that you gave and those that you have')
    .action(async (_options: unknown, command: Command) => {
      const call = new Call(host, command);
      const grants = await withClient(call, (client) =>
        collect(visibleGrants(client, call.signal)),
      );
      call.output.result({ grants }, table(TITLES, grants.map(row), 'no grants'));
    });
}
