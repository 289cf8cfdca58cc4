/**
 * Somebody leaves, and the hospital revokes the certificate in the middle of things: what was open
 * before ends at once, at every organization.
 */
import { beforeAll, expect, it } from '@jest/globals';
import type { AccessTicket, AudienceTicket, TransactionRecord } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { newcomer, newPatient, newPhysician, type Person } from '../support/people.js';
import { codeOf } from '../support/refusal.js';

describeOnEachBackend('a certificate that is revoked', (backend) => {
  let patient: Person;
  let rescuer: Person;
  let successor: Person;
  let cardiologist: Person;
  let consultant: Person;
  let officer: Person;
  let summary: TransactionRecord;
  let finding: TransactionRecord;
  let emergency: AudienceTicket;
  let byRule: AudienceTicket;
  let granted: AccessTicket;

  const file = async (text: string, category: 'prescription' | 'clinical-observation') => {
    const options = { patient: patient.userId, category, contentType: 'text/plain' };
    return (await patient.client.records.upload(Buffer.from(text), options)).record;
  };
  const declareBy = ({ client }: Person) =>
    client.emergency.declare({ patient: patient.userId, reason: { code: 'unconscious' } });
  const openedBy = async ({ client }: Person, { ticketId }: AudienceTicket): Promise<string[]> => {
    const records = await all(client.tickets.open(ticketId));
    return Promise.all(records.map(async (one) => Buffer.from(await one.bytes()).toString()));
  };
  const revoke = ({ userId, client }: Person) => backend().revoke(client.mspId, userId);
  /** What each organization itself answers to somebody. */
  const atEach = (ask: (mspId: string) => Promise<unknown>): Promise<string[]> =>
    Promise.all(backend().organizations.map((mspId) => codeOf(ask(mspId))));
  const openAt = (who: Person, { ticketId }: AudienceTicket, { recordId }: TransactionRecord) => {
    const ledger = backend().ledger(who.identity);
    return (mspId: string) =>
      ledger.evaluate(
        'audience:OpenRecords',
        { ticketId, recordIds: [recordId] },
        { organizations: [mspId] },
      );
  };
  const REFUSED = ['CERTIFICATE_REFUSED', 'CERTIFICATE_REFUSED', 'CERTIFICATE_REFUSED'];

  beforeAll(async () => {
    const role = 'emergency-physician';
    [patient, cardiologist, rescuer, successor, consultant, officer] = await Promise.all([
      newPatient(backend()),
      newPhysician(backend(), { name: 'd.leaving' }),
      newcomer(backend(), role, { mspId: 'HospBMSP', name: 'd.abara' }),
      newcomer(backend(), role, { mspId: 'HospBMSP', name: 'd.brandt' }),
      newcomer(backend(), role, { mspId: 'HospCMSP', name: 'd.chen' }),
      newcomer(backend(), 'privacy-officer', { mspId: 'HospAMSP', name: 'o.adams' }),
    ]);
    summary = await file('warfarin 5 mg', 'prescription');
    finding = await file('sinus rhythm', 'clinical-observation');
    emergency = await declareBy(rescuer);
    await consultant.client.emergency.approve(emergency.ticketId);
    const until = { notAfter: Date.now() + 86_400_000 };
    await patient.client.audiences.create({
      categories: ['clinical-observation'],
      readers: { roles: ['physician'], departments: ['cardiology'] },
      purposes: ['TREAT'],
      ...until,
    });
    const asked = { patient: patient.userId, purpose: 'TREAT' } as const;
    byRule = await cardiologist.client.audiences.request(asked);
    await patient.client.grants.create({
      grantee: cardiologist.userId,
      categories: ['clinical-observation'],
      purposes: ['TREAT'],
      durationMs: 86_400_000,
    });
    const fetched = await cardiologist.client.records.fetch(finding.recordId, { purpose: 'TREAT' });
    expect(Buffer.from(await fetched.bytes()).toString()).toBe('sinus rhythm');
    granted = fetched.ticket!;
  });

  it('ends an emergency that the physician has read in already, at every organization', async () => {
    expect(await openedBy(rescuer, emergency)).toEqual(['warfarin 5 mg']);
    await openAt(rescuer, emergency, summary)('HospAMSP');
    await revoke(rescuer);
    expect(await codeOf(openedBy(rescuer, emergency))).toBe('CERTIFICATE_REFUSED');
    expect(await atEach(openAt(rescuer, emergency, summary))).toEqual(REFUSED);
    expect(await codeOf(declareBy(rescuer))).toBe('CERTIFICATE_REFUSED');
  });

  it('ends tickets of audience grants and named grants that are in use', async () => {
    expect(await openedBy(cardiologist, byRule)).toEqual(['sinus rhythm']);
    const ledger = backend().ledger(cardiologist.identity);
    const { ticketId } = granted;
    const reencryptAt = (mspId: string) =>
      ledger.evaluate('access:Reencrypt', { ticketId }, { organizations: [mspId] });
    await reencryptAt('HospCMSP');
    await revoke(cardiologist);
    expect(await codeOf(openedBy(cardiologist, byRule))).toBe('CERTIFICATE_REFUSED');
    expect(await atEach(openAt(cardiologist, byRule, finding))).toEqual(REFUSED);
    expect(await atEach(reencryptAt)).toEqual(REFUSED);
    const fetch = cardiologist.client.records.fetch(finding.recordId, { purpose: 'TREAT' });
    expect(await codeOf(fetch)).toBe('CERTIFICATE_REFUSED');
  });

  it('leaves the approvals that were given, and takes the power to give more', async () => {
    const { ticketId } = await declareBy(successor);
    await revoke(consultant);
    expect(await codeOf(consultant.client.emergency.approve(ticketId))).toBe('CERTIFICATE_REFUSED');
    expect(await codeOf(openedBy(successor, { ...emergency, ticketId }))).toBe('APPROVALS_MISSING');
    await officer.client.emergency.approve(ticketId);
    expect(await openedBy(successor, { ...emergency, ticketId })).toEqual(['warfarin 5 mg']);
  });

  it('takes the power to review from an officer who has left', async () => {
    const another = await newcomer(backend(), 'privacy-officer', {
      mspId: 'HospCMSP',
      name: 'o.diaz',
    });
    await patient.client.emergency.end(emergency.ticketId);
    await revoke(another);
    const { ticketId } = emergency;
    expect(await codeOf(another.client.emergency.review(ticketId, 'cleared'))).toBe(
      'CERTIFICATE_REFUSED',
    );
    const reviewed = await officer.client.emergency.review(ticketId, 'cleared');
    expect(reviewed.review?.reviewer).toBe(officer.userId);
  });
});
