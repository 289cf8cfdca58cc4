/**
 * A hospital leaves, and joins again: the shares of an emergency rule go over to those who are there,
 * and emergencies open all the while.
 */
import { beforeAll, expect, it } from '@jest/globals';
import {
  approveRoster,
  listRosters,
  proposeRoster,
  refreshShares,
  type Ledger,
  type RefreshReport,
} from '@emr-share/gateway-client';
import { EmrError, organizationsOf, type AudienceTicket, type MspId } from '@emr-share/model';
import { describeOnEachBackend } from '../support/backends.js';
import { interceptedLedger } from '../support/between.js';
import { newcomer, newPatient, type Person } from '../support/people.js';
import { codeOf } from '../support/refusal.js';
import { CONTENT, file, read } from '../attacks/support/ward.js';

const [A, B, C] = ['HospAMSP', 'HospBMSP', 'HospCMSP'] as const;
const OPEN = 'audience:OpenRecords';

/** An organization that does not answer. */
const without =
  (gone: MspId) =>
  (real: Ledger): Ledger =>
    interceptedLedger(real, ({ organizations }, pass) =>
      organizations?.[0] === gone
        ? Promise.reject(new EmrError('LEDGER_UNAVAILABLE', { endpoint: gone }))
        : pass(),
    );

describeOnEachBackend('custodians that come and go', (backend) => {
  let patient: Person;
  let physician: Person;
  let officer: Person;
  let early: AudienceTicket;

  const admin = async (mspId: MspId): Promise<Ledger> =>
    backend().ledger((await backend().admin(mspId)).identity);

  const openTicket = async (): Promise<AudienceTicket> => {
    const reason = { code: 'unconscious', text: 'found at the station' } as const;
    const asked = { patient: patient.userId, reason };
    const { ticketId } = await physician.client.emergency.declare(asked);
    return officer.client.emergency.approve(ticketId);
  };
  /** What the physician reads where an organization does not answer. */
  const readWithout = async (gone: MspId, ticket: AudienceTicket): Promise<string[]> =>
    read(await physician.again({ ledger: without(gone) }), ticket);

  /** Puts a roster in force, by the first hospital's proposal and the second one's approval. */
  const decide = async (custodians: readonly MspId[]): Promise<number> => {
    const proposed = await proposeRoster(await admin(A), { custodians });
    expect(proposed).toMatchObject({ supporters: [A], needed: 2, adopted: false });
    const approved = await approveRoster(await admin(B), A);
    expect(approved).toMatchObject({ supporters: [A, B], adopted: true });
    return approved.roster.number;
  };
  /** Every organization does its part, again and again, until nobody has anything to do. */
  const refresh = async (
    mspIds: readonly MspId[],
    between: (real: Ledger) => Ledger = (real) => real,
  ): Promise<RefreshReport[]> => {
    for (;;) {
      const reports: RefreshReport[] = [];
      for (const mspId of mspIds) {
        reports.push(await refreshShares({ ledger: between(await admin(mspId)) }));
      }
      if (reports.every(({ done }) => Object.values(done).every((count) => count === 0))) {
        return reports;
      }
    }
  };

  beforeAll(async () => {
    [patient, physician, officer] = await Promise.all([
      newPatient(backend()),
      newcomer(backend(), 'emergency-physician', { mspId: B, name: 'd.abara' }),
      newcomer(backend(), 'privacy-officer', { mspId: A, name: 'o.adams' }),
    ]);
    await file(patient, 'prescription');
    early = await openTicket();
    expect(await read(physician.client, early)).toEqual([CONTENT]);
  });

  it('leave: the others take over the shares without it, and a ticket goes on', async () => {
    const number = await decide([A, B]);
    const reports = await refresh([A, B], without(C));
    for (const { roster, waiting } of reports) {
      expect({ roster, waiting }).toEqual({
        roster: number,
        waiting: { scopes: 0, organizations: [] },
      });
    }
    expect(await read(physician.client, early)).toEqual([CONTENT]);
    expect(await readWithout(C, await openTicket())).toEqual([CONTENT]);
    expect(await codeOf(readWithout(A, early))).toBe('PARTIALS_INSUFFICIENT');

    const rule = await patient.client.emergency.rule();
    expect(rule?.sharings?.map(({ links }) => links.at(-1)?.roster)).toEqual(
      rule?.scopes.map(() => number),
    );
  });

  it('that have left give no answer, neither with the new sharing nor with the old one', async () => {
    const { inForce } = await listRosters(await admin(A));
    const { record } = await patient.client.records.upload(Buffer.from('x'), {
      patient: patient.userId,
      category: 'prescription',
      contentType: 'text/plain',
    });
    const asked = { ticketId: early.ticketId, recordIds: [record.recordId] };
    const ledger = backend().ledger(physician.identity);
    const at = { organizations: [C] };
    expect(await codeOf(ledger.evaluate(OPEN, asked, at))).toBe('SHARING_REPLACED');
    const anew = { ...asked, roster: inForce!.number };
    expect(await codeOf(ledger.evaluate(OPEN, anew, at))).toBe('SHARE_MISSING');
  });

  it('go on with what is shared later: a new epoch, a new rule', async () => {
    const extended = await patient.client.emergency.setRule({ approvals: 1, ticketMs: 3_600_000 });
    expect(extended.body.custodians).toEqual([A, B]);
    expect(await readWithout(C, await openTicket())).toHaveLength(2);
  });

  it('leave recovery plans behind that name them: the patient makes a new one', async () => {
    const { recovery } = patient.client;
    const former = await recovery.plan({ organizations: [A, C], threshold: 2 });
    expect(await recovery.isOutdated(former)).toBe(true);
    const plan = await recovery.plan();
    expect(organizationsOf(plan.body.custodians).map(({ mspId }) => mspId)).toEqual([A, B]);
    expect(await recovery.isOutdated(plan)).toBe(false);
  });

  it('join: the shares go over to them, and open without one that was there before', async () => {
    const number = await decide([A, B, C]);
    await refresh([A, B, C]);
    const ticket = await openTicket();
    expect(await readWithout(A, ticket)).toHaveLength(2);
    expect(await readWithout(B, ticket)).toHaveLength(2);
    const rule = await patient.client.emergency.rule();
    expect(rule?.rosters?.map((roster) => roster.number)).toEqual([number - 1, number]);
  });

  it('are purged of all shares when the rule ends', async () => {
    const receipts = await patient.client.emergency.optOut();
    expect(receipts).not.toHaveLength(0);
    for (const { purged } of receipts) {
      expect(new Set(purged.map(({ mspId }) => mspId))).toEqual(new Set([A, B, C]));
    }
  });
});
