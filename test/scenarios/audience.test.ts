/**
 * One-to-many: the patient lets in whoever a certificate says enough of, without knowing who that is.
 */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import type { CreateAudienceOptions } from '@emr-share/gateway-client';
import type { Audience, Category, TransactionRecord } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { answerLost, Crash, crashBefore } from '../support/between.js';
import { newPatient, newPhysician, type Person } from '../support/people.js';
import { codeOf, refusalOf } from '../support/refusal.js';

describeOnEachBackend('an audience grant', (backend) => {
  let patient: Person;
  let cardiologist: Person;
  let record: TransactionRecord;
  let grant: Audience;

  const cardiology = (): CreateAudienceOptions => ({
    categories: ['clinical-observation'],
    readers: {
      roles: ['physician'],
      mspIds: ['HospAMSP', 'HospBMSP'],
      departments: ['cardiology'],
    },
    purposes: ['TREAT', 'CAREMGT'],
    notAfter: Date.now() + 86_400_000,
  });
  const file = async (text: string, category: Category): Promise<TransactionRecord> => {
    const options = { patient: patient.userId, category, contentType: 'text/plain' };
    return (await patient.client.records.upload(Buffer.from(text), options)).record;
  };
  const request = (who: Person, purpose: 'TREAT' | 'PATRQT' = 'TREAT') =>
    who.client.audiences.request({ patient: patient.userId, purpose });
  const opened = async (who: Person, ticketId: string): Promise<string[]> => {
    const records = await all(who.client.tickets.open(ticketId));
    return Promise.all(records.map(async (one) => Buffer.from(await one.bytes()).toString()));
  };

  beforeAll(async () => {
    [patient, cardiologist] = await Promise.all([newPatient(backend()), newPhysician(backend())]);
    record = await file('sinus rhythm', 'clinical-observation');
    grant = await patient.client.audiences.create(cardiology());
  });

  it('is signed, with commitments for each scope and a share for each organization', async () => {
    expect(grant).toMatchObject({
      body: {
        patient: patient.userId,
        threshold: 2,
        custodians: backend().organizations,
        rule: { kind: 'attributes', approvals: 0, ticketMs: 3_600_000 },
      },
      status: { state: 'active' },
    });
    expect(grant.scopes.map(({ body }) => body.scopeId)).toEqual([
      `${patient.userId}/clinical-observation/0`,
    ]);
    expect(await patient.client.audiences.get(grant.body.audienceId)).toEqual(grant);
    const listed = await all(cardiologist.client.audiences.list({ patient: patient.userId }));
    expect(listed).toEqual([grant]);
  });

  it('lets everyone in whom it describes, each with a ticket in the log', async () => {
    const other = await newPhysician(backend(), { name: 'd.olsen', mspId: 'HospAMSP' });
    for (const who of [cardiologist, other]) {
      const ticket = await request(who);
      expect(ticket).toMatchObject({ reader: who.userId, purpose: 'TREAT', approvalsNeeded: 0 });
      expect(ticket.expiresAt - ticket.issuedAt).toBe(3_600_000);
      expect(await opened(who, ticket.ticketId)).toEqual(['sinus rhythm']);
      const fetched = await who.client.tickets.fetch(ticket, record);
      expect(Buffer.from(await fetched.bytes()).toString()).toBe('sinus rhythm');
      expect(await all(patient.client.audit.log())).toContainEqual(
        expect.objectContaining({
          type: 'audience.opened',
          actor: who.userId,
          ticketId: ticket.ticketId,
          purpose: 'TREAT',
        }),
      );
    }
  });

  it.each([
    ['department', { mspId: 'HospBMSP', department: 'radiology' }],
    ['organization', { mspId: 'HospCMSP', department: 'cardiology' }],
  ] as const)('refuses who has another %s', async (attribute, of) => {
    const who = await newPhysician(backend(), { name: 'd.other', ...of });
    expect(await codeOf(request(who))).toBe('AUDIENCE_OPTED_OUT');
    const direct = backend()
      .ledger(who.identity)
      .submit('audience:RequestTicket', {
        ticketId: randomBytes(16).toString('hex'),
        audienceId: grant.body.audienceId,
        purpose: 'TREAT',
      });
    expect(await refusalOf(direct)).toMatchObject({
      code: 'READER_REFUSED',
      details: { attribute },
    });
  });

  it('refuses another purpose, and an emergency', async () => {
    expect(await codeOf(request(cardiologist, 'PATRQT'))).toBe('PURPOSE_DENIED');
    const reason = { code: 'acute-treatment' } as const;
    const declaring = cardiologist.client.emergency.declare({ patient: patient.userId, reason });
    expect(await codeOf(declaring)).toBe('AUDIENCE_OPTED_OUT');
  });

  it('is refused where it goes beyond the policy of its patient', async () => {
    const create = (terms: Partial<CreateAudienceOptions>) =>
      patient.client.audiences.create({ ...cardiology(), ...terms });
    const refusals = await Promise.all(
      [
        create({ purposes: ['HRESCH'] }),
        create({ notAfter: Date.now() + 400 * 86_400_000 }),
        create({ readers: {} }),
        create({ threshold: 1 }),
      ].map(codeOf),
    );
    expect(refusals).toEqual(refusals.map(() => 'AUDIENCE_REFUSED'));
    expect(await codeOf(create({ threshold: 4 }))).toBe('INPUT_INVALID');
  });

  it('gives the same ticket to a repeated request, and finds one whose answer got lost', async () => {
    const ticketId = randomBytes(16).toString('hex');
    const { audienceId } = grant.body;
    const deaf = await cardiologist.again({ ledger: answerLost('audience:RequestTicket') });
    const ticket = await deaf.audiences.request({ audienceId, purpose: 'TREAT', ticketId });
    const again = { audienceId, purpose: 'TREAT', ticketId } as const;
    expect(await cardiologist.client.audiences.request(again)).toEqual(ticket);
    const other = cardiologist.client.audiences.request({ ...again, purpose: 'CAREMGT' });
    expect(await codeOf(other)).toBe('TICKET_EXISTS');
  });

  it.each([
    ['audience:DepositShares', 2],
    ['audience:CreateAudience', 1],
  ] as const)('is finished by creating it again after a crash before %s %d', async (step, nth) => {
    const terms = { ...cardiology(), audienceId: randomBytes(16).toString('hex') };
    const dying = await patient.again({ ledger: crashBefore(step, nth) });
    await expect(dying.audiences.create(terms)).rejects.toThrow(Crash);
    const { status, scopes } = await patient.client.audiences.create(terms);
    expect([status.state, scopes.length]).toEqual(['active', 1]);
    await patient.client.audiences.end(terms.audienceId);
  });

  it.each([
    ['audience:EndAudience', 1],
    ['audience:PurgeShares', 2],
    ['audience:CloseAudience', 1],
  ] as const)('is ended by ending it again after a crash before %s %d', async (step, nth) => {
    const terms = { ...cardiology(), audienceId: randomBytes(16).toString('hex') };
    await patient.client.audiences.create(terms);
    const dying = await patient.again({ ledger: crashBefore(step, nth) });
    await expect(dying.audiences.end(terms.audienceId)).rejects.toThrow(Crash);
    const receipt = await patient.client.audiences.end(terms.audienceId);
    expect(receipt.purged.map(({ mspId, scopes }) => [mspId, scopes.length])).toEqual(
      backend().organizations.map((mspId) => [mspId, 1]),
    );
    expect(await patient.client.audiences.end(terms.audienceId)).toEqual(receipt);
    expect(await patient.client.audiences.receipt(terms.audienceId)).toEqual(receipt);
    expect(await codeOf(patient.client.audiences.create(terms))).toBe('AUDIENCE_ENDED');
  });

  it('takes no other terms under the same ID', async () => {
    const { audienceId } = grant.body;
    const { notAfter } = grant.body.rule;
    const same = { ...cardiology(), audienceId, notAfter };
    expect(await patient.client.audiences.create(same)).toEqual(grant);
    const other = patient.client.audiences.create({ ...same, categories: ['omics'] });
    expect(await codeOf(other)).toBe('AUDIENCE_EXISTS');
  });

  it('ends for everyone at once, tickets in hand included', async () => {
    const { ticketId } = await request(cardiologist);
    const { audienceId } = grant.body;
    expect(await codeOf(patient.client.audiences.receipt(audienceId))).toBe('RECEIPT_NOT_FOUND');
    const { purged } = await patient.client.audiences.end(audienceId);
    expect(purged.map(({ mspId }) => mspId)).toEqual(backend().organizations);
    expect(await codeOf(opened(cardiologist, ticketId))).toBe('AUDIENCE_ENDED');
    expect(await codeOf(request(cardiologist))).toBe('AUDIENCE_OPTED_OUT');
    expect(await codeOf(patient.client.audiences.extend(grant.body.audienceId))).toBe(
      'AUDIENCE_ENDED',
    );
  });
});
