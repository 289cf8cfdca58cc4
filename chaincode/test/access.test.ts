import { beforeEach, describe, expect, it } from '@jest/globals';
import { decryptOriginal, Capsule } from '@emr-share/crypto';
import {
  categoryScopeId,
  recordScopeId,
  type AccessTicket,
  type Grant,
  type GrantBody,
  type PurposeOfUse,
  type TransactionRecord,
} from '@emr-share/model';
import { enrol } from './support/enrolment.js';
import type { Identity } from './support/channel.js';
import { HospitalStory, refusal, SCOPE } from './support/hospital-story.js';
import { bytesOf, newId, type Person } from './support/person.js';

let story: HospitalStory;
let record: TransactionRecord;

beforeEach(async () => {
  story = await HospitalStory.begin();
  record = await story.file();
});

const MINUTE = 60_000;

/** A grant whose rule differs from the usual one. */
const grantWith = (rule: Partial<GrantBody['rule']>): Promise<Grant> =>
  story.grant({
    rule: {
      grantee: story.people.dave.userId,
      actions: ['read'],
      purposes: ['TREAT'],
      notBefore: story.now,
      notAfter: story.now + 60 * MINUTE,
      ...rule,
    },
  });

const request = (
  grant: Grant,
  options: { by?: Identity; ticketId?: string; purpose?: PurposeOfUse; at?: number } = {},
): Promise<AccessTicket> => {
  const { by = story.people.dave, ticketId = newId(), purpose = 'TREAT', at = story.now } = options;
  const { grantId } = grant.body;
  const { recordId } = record;
  const asked = { ticketId, grantId, recordId, purpose };
  return story.channel.submit(by, 'access:RequestAccess', asked, { at });
};

describe('access:RequestAccess', () => {
  it('issues a ticket and logs who reads what, under which grant, and why', async () => {
    const { alice, dave } = story.people;
    const grant = await story.grant();
    story.channel.now += 1000;
    const ticket = await request(grant);
    expect(ticket).toEqual({
      ticketId: ticket.ticketId,
      grantId: grant.body.grantId,
      recordId: record.recordId,
      scopeId: SCOPE,
      patient: 'alice',
      reader: dave.userId,
      purpose: 'TREAT',
      issuedAt: story.now,
      expiresAt: story.now + MINUTE,
    });
    const { entries } = await story.channel.evaluate(alice, 'audit:ListEntries', {
      patient: 'alice',
    });
    expect(entries.at(-1)).toEqual(story.channel.events.at(-1));
    expect(entries.at(-1)).toMatchObject({
      type: 'access.granted',
      actor: dave.userId,
      recordId: record.recordId,
      grantId: grant.body.grantId,
      ticketId: ticket.ticketId,
      purpose: 'TREAT',
    });
  });

  it('caps the ticket at the end of the grant', async () => {
    const notAfter = story.now + 1000;
    const ticket = await request(await grantWith({ notAfter }));
    expect(ticket.expiresAt).toBe(notAfter);
  });

  it('returns the ticket to a repeat, and refuses its ID for something else', async () => {
    const { carol } = story.people;
    const grant = await story.grant();
    const ticket = await request(grant);
    const { ticketId } = ticket;
    expect(await request(grant, { ticketId })).toEqual(ticket);
    expect(story.channel.last.writes.size).toBe(0);
    expect(await refusal(request(await story.grant(), { ticketId }))).toBe('TICKET_EXISTS');
    expect(await refusal(request(grant, { ticketId, purpose: 'CAREMGT' }))).toBe('TICKET_EXISTS');
    expect(await refusal(request(grant, { ticketId, by: carol }))).toBe('TICKET_EXISTS');
  });

  it('refuses a physician who is not the grantee', async () => {
    expect(await refusal(request(await story.grant(), { by: story.people.carol }))).toBe(
      'ACCESS_DENIED',
    );
  });

  it('refuses a record outside the scopes of the grant', async () => {
    const { alice, carol } = story.people;
    const grant = await story.grant();
    const omics = categoryScopeId('alice', 'omics', 0);
    const scopes = [alice.scope(omics, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    const draft = carol.record(alice, story.now, {}, omics);
    const info = { ...draft.info, category: 'omics', securityLevel: 'low' } as const;
    record = carol.record(alice, story.now, { info }, omics);
    await story.channel.submit(carol, 'records:FileRecord', record);
    expect(await refusal(request(grant))).toBe('SCOPE_NOT_GRANTED');
  });

  it('refuses a record of a later epoch, until the grant is extended to it', async () => {
    const { alice, carol } = story.people;
    const grant = await story.grant();
    const next = categoryScopeId('alice', 'prescription', 1);
    const scopes = [alice.scope(next, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    record = carol.record(alice, story.now, {}, next);
    await story.channel.submit(carol, 'records:FileRecord', record);
    expect(await refusal(request(grant))).toBe('SCOPE_NOT_GRANTED');
    const signed = { body: grant.body, signature: grant.signature };
    const sealed = alice.sealScope(story.channel, signed, next);
    await story.deposit(signed, [sealed]);
    const { grantId } = grant.body;
    const extension = { grantId, scopes: [sealed.scope] };
    await story.channel.submit(alice, 'grants:ExtendGrant', extension);
    expect(await request(grant)).toMatchObject({ scopeId: next });
  });

  it('refuses a revoked grant', async () => {
    const grant = await story.grant();
    const { grantId } = grant.body;
    await story.channel.submit(story.people.alice, 'grants:RevokeGrant', { grantId });
    expect(await refusal(request(grant))).toBe('GRANT_REVOKED');
  });

  it('refuses a grant before its time and from its end on', async () => {
    const grant = await grantWith({
      notBefore: story.now + MINUTE,
      notAfter: story.now + 10 * MINUTE,
    });
    expect(await refusal(request(grant))).toBe('GRANT_NOT_YET_VALID');
    story.channel.now += 10 * MINUTE - 1;
    expect(await request(grant)).toMatchObject({ reader: 'dr.dave' });
    story.channel.now += 1;
    expect(await refusal(request(grant))).toBe('GRANT_EXPIRED');
  });

  it('refuses a purpose that the grant does not name, or the policy no longer does', async () => {
    const { alice } = story.people;
    const grant = await story.grant();
    expect(await refusal(request(grant, { purpose: 'HRESCH' }))).toBe('PURPOSE_DENIED');
    const policy = alice.policy(story.now, { version: 2, purposes: ['CAREMGT'] });
    await story.channel.submit(alice, 'registry:PublishPolicy', policy);
    expect(await refusal(request(grant))).toBe('PURPOSE_DENIED');
  });

  it('asks the certificate for the attributes that the rule names', async () => {
    const attributes = { departments: ['oncology'], roles: ['physician' as const] };
    const grant = await grantWith({ attributes });
    expect(await request(grant)).toMatchObject({ reader: 'dr.dave' });
    const attrs = { 'emr.user': 'dr.dave', role: 'physician', department: 'billing' };
    const moved = { mspId: 'HospCMSP', certificatePem: await enrol('HospCMSP', attrs) };
    expect(await refusal(request(grant, { by: moved }))).toBe('ATTRIBUTE_DENIED');
  });

  it('refuses unknown records and grants', async () => {
    const grant = await story.grant();
    const asked = {
      ticketId: newId(),
      grantId: grant.body.grantId,
      recordId: record.recordId,
      purpose: 'TREAT' as const,
    };
    const ask = (changes: object): Promise<unknown> =>
      story.channel.submit(story.people.dave, 'access:RequestAccess', { ...asked, ...changes });
    expect(await refusal(ask({ recordId: newId() }))).toBe('RECORD_NOT_FOUND');
    expect(await refusal(ask({ grantId: newId() }))).toBe('GRANT_NOT_FOUND');
  });

  it('needs the wrap of a record that is granted on its own', async () => {
    const { alice } = story.people;
    const { recordId } = record;
    const scopeId = recordScopeId('alice', recordId);
    const scopes = [alice.scope(scopeId, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    const grant = await story.grant({ coverage: { kind: 'record', recordId } }, [scopeId]);
    expect(await refusal(request(grant))).toBe('WRAP_NOT_FOUND');
    const wrap = alice.wrap(recordId, scopeId);
    await story.channel.submit(alice, 'records:WrapRecord', wrap);
    expect(await request(grant)).toMatchObject({ scopeId });
    record = await story.file();
    expect(await refusal(request(grant))).toBe('SCOPE_NOT_GRANTED');
  });

  it('reads no range, so that readers do not get in the way of each other', async () => {
    await request(await story.grant());
    expect(story.channel.last.ranges.size).toBe(0);
  });
});

describe('access:FindGrant', () => {
  const find = (
    by: Person = story.people.dave,
    purpose: PurposeOfUse = 'TREAT',
  ): Promise<unknown> => {
    const { recordId } = record;
    return story.channel.evaluate(by, 'access:FindGrant', { recordId, purpose });
  };

  it('finds the grant that lasts longest', async () => {
    await grantWith({ notAfter: story.now + MINUTE });
    const { body } = await grantWith({ notAfter: story.now + 3 * MINUTE });
    await grantWith({ notAfter: story.now + 2 * MINUTE });
    const { grantId, coverage } = body;
    expect(await find()).toEqual({ grantId, scopeId: SCOPE, coverage });
  });

  it('has ACCESS_DENIED for users without a grant', async () => {
    await story.grant();
    expect(await refusal(find(story.people.carol))).toBe('ACCESS_DENIED');
  });

  it('tells the reason of the closest miss', async () => {
    const { alice } = story.people;
    const reasons: string[] = [];
    const note = async (purpose?: PurposeOfUse): Promise<void> => {
      reasons.push(await refusal(find(story.people.dave, purpose)));
    };
    const revoked = await story.grant();
    const { grantId } = revoked.body;
    await story.channel.submit(alice, 'grants:RevokeGrant', { grantId });
    await note();
    const notAfter = story.now + MINUTE;
    await grantWith({ notAfter });
    story.channel.now = notAfter;
    await note();
    await grantWith({ notBefore: story.now + MINUTE });
    await note();
    await grantWith({ attributes: { departments: ['radiology'] } });
    await note();
    await grantWith({ purposes: ['CAREMGT'] });
    await note();
    expect(reasons).toEqual([
      'GRANT_REVOKED',
      'GRANT_EXPIRED',
      'GRANT_NOT_YET_VALID',
      'ATTRIBUTE_DENIED',
      'PURPOSE_DENIED',
    ]);
  });

  it('knows no record that was not filed', async () => {
    record = { ...record, recordId: newId() };
    expect(await refusal(find())).toBe('RECORD_NOT_FOUND');
  });
});

describe('access:GetTicket', () => {
  it('shows a ticket to its reader, the patient and auditors', async () => {
    const { adminA, alice, auditor, bob, carol, dave } = story.people;
    const ticket = await request(await story.grant());
    const { ticketId } = ticket;
    const get = (by: Person): Promise<unknown> =>
      story.channel.evaluate(by, 'access:GetTicket', { ticketId });
    for (const person of [alice, auditor, dave]) expect(await get(person)).toEqual(ticket);
    for (const person of [adminA, bob, carol]) {
      expect(await refusal(get(person))).toBe('TICKET_MISMATCH');
    }
  });

  it('knows no ticket that was not issued', async () => {
    const request = { ticketId: newId() };
    const call = story.channel.evaluate(story.people.dave, 'access:GetTicket', request);
    expect(await refusal(call)).toBe('TICKET_NOT_FOUND');
  });
});

describe('access:Reencrypt', () => {
  it('gives what opens the DEK, for any two of three custodians', async () => {
    const { alice } = story.people;
    const ticketId = await story.ticket(await story.grant(), record);
    const a = await story.cfrag(ticketId, 'HospAMSP');
    const b = await story.cfrag(ticketId, 'HospBMSP');
    const c = await story.cfrag(ticketId, 'HospCMSP');
    const { capsule, encryptedDek } = record.metadata.keyWrap;
    const dek = decryptOriginal(
      alice.scopeKey(SCOPE),
      Capsule.fromBytesSimple(bytesOf(capsule)),
      bytesOf(encryptedDek),
    );
    for (const answers of [
      [a, b],
      [c, a],
      [b, c],
      [c, b, a],
    ]) {
      expect(story.open(record, answers)).toEqual(dek);
    }
    expect(() => story.open(record, [a])).toThrow(/./);
  });

  it('opens a single record through its wrap', async () => {
    const { alice } = story.people;
    const { recordId } = record;
    const scopeId = recordScopeId('alice', recordId);
    const scopes = [alice.scope(scopeId, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    const { keyWrap, dek } = alice.keyWrap(scopeId);
    const wrap = alice.sign('wrap', { recordId, patient: 'alice', keyWrap });
    await story.channel.submit(alice, 'records:WrapRecord', wrap);
    const grant = await story.grant({ coverage: { kind: 'record', recordId } }, [scopeId]);
    const ticketId = await story.ticket(grant, record);
    const answers = [
      await story.cfrag(ticketId, 'HospAMSP'),
      await story.cfrag(ticketId, 'HospBMSP'),
    ];
    const wrapped = { ...record, metadata: { ...record.metadata, keyWrap } };
    expect(story.open(wrapped, answers, scopeId)).toEqual(Uint8Array.from(dek));
  });

  it('answers the same each time, and otherwise for another ticket', async () => {
    const grant = await story.grant();
    const first = await story.ticket(grant, record);
    const second = await story.ticket(grant, record);
    const answer = await story.cfrag(first, 'HospAMSP');
    expect(await story.cfrag(first, 'HospAMSP')).toBe(answer);
    expect(await story.cfrag(second, 'HospAMSP')).not.toBe(answer);
  });

  it('refuses another caller than the reader of the ticket', async () => {
    const { alice, carol } = story.people;
    const ticketId = await story.ticket(await story.grant(), record);
    for (const person of [alice, carol]) {
      const call = story.channel.evaluate(person, 'access:Reencrypt', { ticketId });
      expect(await refusal(call)).toBe('TICKET_MISMATCH');
    }
  });

  it('refuses without a committed ticket', async () => {
    await story.grant();
    expect(await refusal(story.cfrag(newId(), 'HospAMSP'))).toBe('TICKET_NOT_FOUND');
  });

  it('refuses an expired ticket, also when the client claims an earlier time', async () => {
    const ticketId = await story.ticket(await story.grant(), record);
    const issuedAt = story.now;
    story.channel.now += MINUTE - 1;
    expect(await story.cfrag(ticketId, 'HospAMSP')).toMatch(/^[0-9a-f]{718}$/);
    story.channel.now += 1;
    expect(await refusal(story.cfrag(ticketId, 'HospAMSP'))).toBe('TICKET_EXPIRED');
    expect(await refusal(story.cfrag(ticketId, 'HospAMSP', { at: issuedAt }))).toBe(
      'TICKET_EXPIRED',
    );
  });

  it('refuses a ticket that expires by the time which the client claims', async () => {
    const ticketId = await story.ticket(await story.grant(), record);
    const at = story.now + MINUTE;
    expect(await refusal(story.cfrag(ticketId, 'HospAMSP', { at }))).toBe('TICKET_EXPIRED');
  });

  it('refuses at once when the grant is revoked, although the ticket lives on', async () => {
    const grant = await story.grant();
    const ticketId = await story.ticket(grant, record);
    const { grantId } = grant.body;
    await story.channel.submit(story.people.alice, 'grants:RevokeGrant', { grantId });
    expect(await refusal(story.cfrag(ticketId, 'HospAMSP'))).toBe('GRANT_REVOKED');
  });

  it('refuses when the policy has dropped the purpose', async () => {
    const { alice } = story.people;
    const ticketId = await story.ticket(await story.grant(), record);
    const policy = alice.policy(story.now, { version: 2, purposes: ['CAREMGT'] });
    await story.channel.submit(alice, 'registry:PublishPolicy', policy);
    expect(await refusal(story.cfrag(ticketId, 'HospAMSP'))).toBe('PURPOSE_DENIED');
  });

  it('refuses when the certificate of the reader has changed', async () => {
    const grant = await grantWith({ attributes: { departments: ['oncology'] } });
    const { ticketId } = await request(grant);
    const attrs = { 'emr.user': 'dr.dave', role: 'physician', department: 'billing' };
    const moved = { mspId: 'HospCMSP', certificatePem: await enrol('HospCMSP', attrs) };
    const call = story.channel.evaluate(moved, 'access:Reencrypt', { ticketId });
    expect(await refusal(call)).toBe('ATTRIBUTE_DENIED');
  });

  it('refuses a reader who has been suspended', async () => {
    const { adminC, dave } = story.people;
    const ticketId = await story.ticket(await story.grant(), record);
    await story.channel.submit(adminC, 'registry:SuspendUser', { userId: dave.userId });
    expect(await refusal(story.cfrag(ticketId, 'HospAMSP'))).toBe('CALLER_SUSPENDED');
  });

  it('refuses where the organization is no custodian of the grant', async () => {
    const grant = await story.grant({ custodians: ['HospAMSP', 'HospBMSP'], threshold: 2 });
    const ticketId = await story.ticket(grant, record);
    expect(await refusal(story.cfrag(ticketId, 'HospCMSP'))).toBe('FRAGMENT_MISSING');
  });

  it('refuses a fragment that was exchanged on the disk of the peer', async () => {
    const grant = await story.grant();
    const ticketId = await story.ticket(grant, record);
    const signed = { body: grant.body, signature: grant.signature };
    const other = story.people.alice.sealScope(story.channel, signed, SCOPE);
    const { world } = story.channel;
    const address = world.privateAddresses().find((a) => a.includes('HospAMSP'))!;
    world.overwritePrivate(address, bytesOf(other.sealed['HospAMSP']!));
    expect(await refusal(story.cfrag(ticketId, 'HospAMSP'))).toBe('FRAGMENT_INVALID');
  });

  it('never returns the fragment itself', async () => {
    const grant = await story.grant();
    const ticketId = await story.ticket(grant, record);
    const answer = await story.cfrag(ticketId, 'HospAMSP');
    const { world, custodians } = story.channel;
    const address = world.privateAddresses().find((a) => a.includes('HospAMSP'))!;
    const sealed = Buffer.from(world.privateValue(address)).toString('hex');
    expect(answer).not.toContain(sealed.slice(70, 134));
    expect(answer).not.toContain(
      Buffer.from(custodians.HospAMSP.secret(1).toBEBytes()).toString('hex'),
    );
  });
});
