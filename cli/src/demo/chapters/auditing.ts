/**
 * Chapter 10: the patient sees who read what; the copies of the ledger agree.
 *
 * @module
 */
import type { AuditEntry } from '@emr-share/model';
import { collect } from '../../data/collect.js';
import { localTime } from '../../output/local-time.js';
import { table } from '../../output/table.js';
import { demand } from '../demand.js';
import type { Chapter, Story } from '../story.js';

const SHOWN_ROWS = 6;

function readingsTable({ filed }: Story, readings: readonly AuditEntry[]): string {
  const fileOf = (recordId = ''): string =>
    filed.find(({ record }) => record.recordId === recordId)?.file.name ?? recordId;
  const rows = readings
    .slice(-SHOWN_ROWS)
    .map(({ at, actor, mspId, recordId, purpose = '' }) => [
      localTime(at),
      actor,
      mspId,
      fileOf(recordId),
      purpose,
    ]);
  return table(['when', 'who', 'organization', 'record', 'why'], rows, 'no readings');
}

export const auditChapter: Chapter = async (story) => {
  const { backend, cast, narrator, steps, tickets, signal } = story;
  const { patient } = cast;
  const readings = await steps.ok('sees who read what, when and why', patient.name, async () => {
    const entries = await collect(patient.client.audit.log({ signal }));
    const value = entries.filter(({ type }) => type === 'access.granted');
    const logged = new Set(value.map(({ ticketId }) => ticketId));
    demand(
      logged.size === tickets.length && tickets.every((ticketId) => logged.has(ticketId)),
      'the log does not have exactly the readings that took place',
    );
    return {
      value,
      proof: `${String(entries.length)} entries concern her, ${String(value.length)} of them readings: exactly those that took place. The last ones:`,
    };
  });
  narrator.aside(readingsTable(story, readings));
  await steps.ok('verify their copies of the ledger', 'the hospitals', async () => {
    const { copies, proof } = await backend.verify();
    const holders = new Set(copies.map(({ mspId }) => mspId));
    demand(holders.size === backend.organizations.length, 'not every organization has a copy');
    const found = copies.map(
      ({ holder, height, transactions }) =>
        `${holder} ${String(height)} blocks, ${String(transactions)} transactions`,
    );
    return {
      value: undefined,
      proof: `${found.join('; ')}. ${proof}`,
    };
  });
};
