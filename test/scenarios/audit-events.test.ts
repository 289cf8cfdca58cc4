/**
 * What happens is told: the patient's log by time, and events with a checkpoint to go on from.
 */
import { expect, it } from '@jest/globals';
import type { Checkpoint, LedgerEvent } from '@emr-share/gateway-client';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { join, newPatient, newPhysician } from '../support/people.js';

describeOnEachBackend('the audit trail', (backend) => {
  it('tells a listener everything that concerns a patient, each once and in order', async () => {
    const start: Checkpoint = { blockNumber: 0 };
    const patient = await newPatient(backend());
    const physician = await newPhysician(backend());
    const options = {
      patient: patient.userId,
      category: 'omics',
      contentType: 'text/plain',
    } as const;
    const { record } = await physician.client.records.upload(Buffer.from('genome'), options);
    const grant = await patient.client.grants.create({
      grantee: physician.userId,
      categories: ['omics'],
      purposes: ['TREAT'],
      durationMs: 60_000,
    });
    await physician.client.records.fetch(record.recordId, { purpose: 'TREAT' });
    await patient.client.grants.revoke(grant.body.grantId);

    const expected = [
      'user.registered',
      'policy.published',
      'scope.published',
      'audience.created',
      'record.filed',
      'grant.created',
      'access.granted',
      'grant.revoked',
      'scope.published',
      'grant.closed',
    ];
    const log = await all(patient.client.audit.log());
    expect(log.map(({ type }) => type)).toEqual(expected);

    const told: LedgerEvent[] = [];
    const listen = async (after: Checkpoint, until: number): Promise<void> => {
      const controller = new AbortController();
      for await (const event of patient.client.audit.events({ after, signal: controller.signal })) {
        if (event.entry.patient !== patient.userId) continue;
        told.push(event);
        if (told.length === until) break;
      }
    };
    await listen(start, 5);
    await listen(told[4]!.checkpoint, expected.length);
    expect(told.map(({ entry }) => entry)).toEqual(log);

    const since = await all(patient.client.audit.log({ since: log[5]!.at }));
    expect(since).toEqual(log.filter(({ at }) => at >= log[5]!.at));
    const until = await all(patient.client.audit.log({ until: log[5]!.at }));
    expect(until).toEqual(log.filter(({ at }) => at <= log[5]!.at));
  });

  it('ends a listener that waits, quietly, when its signal aborts', async () => {
    const patient = await newPatient(backend());
    const controller = new AbortController();
    const listening = all(patient.client.audit.events({ signal: controller.signal }));
    setTimeout(() => {
      controller.abort(new Error('stop'));
    }, 50);
    expect(await listening).toEqual([]);
  });

  it("lets an auditor of any organization read a patient's log, and name what is in it", async () => {
    const patient = await newPatient(backend());
    const auditor = await join(backend(), { name: 'a.audit', mspId: 'HospCMSP', role: 'auditor' });
    await auditor.client.identity.register({ role: 'auditor' });
    const own = await all(patient.client.audit.log());
    expect(await all(auditor.client.audit.log({ patient: patient.userId }))).toEqual(own);
  });
});
