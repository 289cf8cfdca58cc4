/**
 * The two steps of access by themselves: a ticket that anyone may see, a key that only its reader gets.
 */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import { readBytes } from '@emr-share/gateway-client';
import type { Grant, TransactionRecord } from '@emr-share/model';
import { describeOnEachBackend } from '../support/backends.js';
import { answerLost, interceptedLedger } from '../support/between.js';
import { newPatient, newPhysician, type Person } from '../support/people.js';
import { codeOf } from '../support/refusal.js';

const TICKET_ID = randomBytes(16).toString('hex');
const CONTENT = Buffer.from('genome');

describeOnEachBackend('access in two steps', (backend) => {
  let patient: Person;
  let physician: Person;
  let record: TransactionRecord;
  let grant: Grant;

  beforeAll(async () => {
    patient = await newPatient(backend());
    physician = await newPhysician(backend());
    const options = {
      patient: patient.userId,
      category: 'omics',
      contentType: 'text/plain',
    } as const;
    ({ record } = await physician.client.records.upload(CONTENT, options));
    grant = await patient.client.grants.create({
      grantee: physician.userId,
      categories: ['omics'],
      purposes: ['TREAT', 'CAREMGT'],
      durationMs: 600_000,
    });
  });

  it('gives a ticket for the grant that fits, and a key that opens the content', async () => {
    const { access } = physician.client;
    const ticket = await access.request(record.recordId, { purpose: 'CAREMGT' });
    expect(ticket).toMatchObject({
      grantId: grant.body.grantId,
      recordId: record.recordId,
      reader: physician.userId,
      patient: patient.userId,
      purpose: 'CAREMGT',
    });
    expect(ticket.expiresAt).toBe(ticket.issuedAt + 300_000);
    const key = await access.open(ticket);
    const content = key.decrypt(backend().blobs.get(record.info.cid));
    expect(Buffer.from(await readBytes(content)).equals(CONTENT)).toBe(true);
  });

  it('gives the same ticket to a repeated request, and none to a different one', async () => {
    const { access } = physician.client;
    const asked = { purpose: 'TREAT', ticketId: TICKET_ID } as const;
    const ticket = await access.request(record.recordId, asked);
    expect(await access.request(record.recordId, asked)).toEqual(ticket);
    const other = access.request(record.recordId, { ...asked, purpose: 'CAREMGT' });
    expect(await codeOf(other)).toBe('TICKET_EXISTS');
  });

  it('finds the ticket whose answer got lost', async () => {
    const client = await physician.again({ ledger: answerLost('access:RequestAccess') });
    const fetched = await client.records.fetch(record.recordId, { purpose: 'TREAT' });
    expect(Buffer.from(await fetched.bytes()).equals(CONTENT)).toBe(true);
  });

  it('reads the content anew each time it is iterated', async () => {
    const fetched = await physician.client.records.fetch(record.recordId, { purpose: 'TREAT' });
    for (let i = 0; i < 2; i++) {
      expect(Buffer.from(await fetched.bytes()).equals(CONTENT)).toBe(true);
    }
  });

  it("opens nothing for somebody else's ticket", async () => {
    const ticket = await physician.client.access.request(record.recordId, { purpose: 'TREAT' });
    const thief = await newPhysician(backend(), { name: 'd.thief', mspId: 'HospCMSP' });
    await patient.client.grants.create({
      grantee: thief.userId,
      categories: ['medicine'],
      purposes: ['TREAT'],
      durationMs: 60_000,
    });
    const stolen = thief.client.access.open(ticket, { record });
    expect(await codeOf(stolen)).toMatch(/^(ROLE_DENIED|TICKET_MISMATCH)$/);
    const forged = physician.client.access.open({ ...ticket, ticketId: '8'.repeat(32) });
    expect(await codeOf(forged)).toBe('TICKET_NOT_FOUND');
  });

  it('opens nothing for a ticket of a grant that was revoked since', async () => {
    const shortLived = await patient.client.grants.create({
      grantee: physician.userId,
      recordId: record.recordId,
      purposes: ['TREAT'],
      durationMs: 60_000,
    });
    const { grantId } = shortLived.body;
    const { access } = physician.client;
    const ticket = await access.request(record.recordId, { purpose: 'TREAT', grantId });
    await patient.client.grants.revoke(grantId);
    expect(await codeOf(access.open(ticket))).toBe('GRANT_REVOKED');
  });

  it('does without a custodian that is down, and asks again one that is a block behind', async () => {
    const warnings: string[] = [];
    let behind = 2;
    const client = await physician.again({
      ledger: (real) =>
        interceptedLedger(real, async (call, pass) => {
          if (call.name !== 'access:Reencrypt') return pass();
          const [mspId] = call.organizations ?? [];
          if (mspId === 'HospAMSP') throw new TypeError('connection refused');
          if (mspId === 'HospBMSP' && behind > 0) {
            behind -= 1;
            return real.evaluate('access:GetTicket', { ticketId: '9'.repeat(32) });
          }
          return pass();
        }),
      onWarning: ({ code }) => warnings.push(code),
    });
    const fetched = await client.records.fetch(record.recordId, { purpose: 'TREAT' });
    expect(Buffer.from(await fetched.bytes()).equals(CONTENT)).toBe(true);
    expect([warnings, behind]).toEqual([['LEDGER_UNAVAILABLE'], 0]);
  });

  it('leaves no key wrap open that the patient did not ask for: the author has no access', async () => {
    const author = await newPhysician(backend(), { name: 'd.author' });
    const options = { patient: patient.userId, category: 'omics', contentType: 'a/b' } as const;
    const own = await author.client.records.upload(CONTENT, options);
    const { records, access } = author.client;
    expect(await records.get(own.record.recordId)).toEqual(own.record);
    const read = access.request(own.record.recordId, { purpose: 'TREAT' });
    expect(await codeOf(read)).toBe('ACCESS_DENIED');
    expect(await codeOf(Promise.resolve().then(() => access.openOwn(own.record)))).toBe(
      'ACCESS_DENIED',
    );
  });
});
