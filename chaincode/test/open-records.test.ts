import { beforeEach, describe, expect, it } from '@jest/globals';
import { openBox } from '@emr-share/crypto';
import {
  canonicalBytes,
  categoryScopeId,
  groupScopeId,
  implicitCollection,
  type Audience,
  type AudienceTicket,
  type TransactionRecord,
} from '@emr-share/model';
import { MAX_CLOCK_SKEW_MS } from '../src/index.js';
import { ORGANIZATIONS, type Organization } from './support/channel.js';
import { EmergencyStory } from './support/emergency-story.js';
import { refusal, SCOPE } from './support/hospital-story.js';
import { bytesOf, hexOf, newId, Person } from './support/person.js';
import { attributeRule, emergencyRule } from './support/shares.js';

const A = 'HospAMSP';
const B = 'HospBMSP';
const C = 'HospCMSP';

let story: EmergencyStory;
let audience: Audience;
let record: TransactionRecord;
let ticket: AudienceTicket;

/** Alice's emergency rule, a prescription, and erika's ticket, approved by HospA. */
beforeEach(async () => {
  story = await EmergencyStory.begin();
  audience = await story.audience();
  record = await story.hospital.file();
  ticket = await story.opened(audience);
});

const answerOf = (mspId: Organization, by: Person = story.people.erika): Promise<string> =>
  story.partial(ticket.ticketId, record.recordId, mspId, {}, by);

describe('audience:OpenRecords', () => {
  it('opens the record to the ticket’s reader, with the answers of any two custodians', async () => {
    const [a, b, c] = await Promise.all(ORGANIZATIONS.map((mspId) => answerOf(mspId)));
    for (const answers of [{ [A]: a! }, { [B]: b! }, { [C]: c! }]) {
      expect(() => story.open(audience, ticket, record, answers)).toThrow(/at least 2, got 1/);
    }
    const deks = [
      { [A]: a!, [B]: b! },
      { [C]: c!, [A]: a! },
      { [B]: b!, [C]: c! },
    ].map((answers) => Buffer.from(story.open(audience, ticket, record, answers)).toString('hex'));
    expect(deks[0]).toHaveLength(64);
    expect(new Set(deks).size).toBe(1);
  });

  it('gives the same bytes whenever it is asked, by whichever peer of the organization', async () => {
    const [first, twin] = [await answerOf(A), story.channel.fork()];
    twin.now += 1000;
    const { partials } = await twin.evaluate(
      story.people.erika,
      'audience:OpenRecords',
      { ticketId: ticket.ticketId, recordIds: [record.recordId] },
      { organizations: [A] },
    );
    expect(partials).toEqual([{ recordId: record.recordId, sealed: first }]);
  });

  it('answers for several records at once, each with a proof of its own', async () => {
    const second = await story.hospital.file();
    const { partials } = await story.channel.evaluate(
      story.people.erika,
      'audience:OpenRecords',
      { ticketId: ticket.ticketId, recordIds: [record.recordId, second.recordId] },
      { organizations: [A] },
    );
    expect(partials.map(({ recordId }) => recordId)).toEqual([record.recordId, second.recordId]);
    const [own, other] = partials.map(({ sealed }) => sealed);
    const b = await answerOf(B);
    expect(story.open(audience, ticket, record, { [A]: own!, [B]: b })).toHaveLength(32);
    expect(() => story.open(audience, ticket, record, { [A]: other!, [B]: b })).toThrow(/sealed/);
  });

  it('is of no use to another physician: neither the ticket nor what it brought', async () => {
    const { frank, carol } = story.people;
    expect(await refusal(answerOf(A, frank))).toBe('TICKET_MISMATCH');
    expect(await refusal(answerOf(A, carol))).toBe('TICKET_MISMATCH');
    const answers = { [A]: await answerOf(A), [B]: await answerOf(B) };
    expect(() => story.open(audience, ticket, record, answers, frank)).toThrow(/sealed/);
  });

  it('is nothing without the approvals that the rule asks for', async () => {
    const intent = story.intent(audience);
    const { ticketId } = await story.declare(intent);
    expect(await refusal(story.partial(ticketId, record.recordId, A))).toBe('APPROVALS_MISSING');
    const { officerA } = story.people;
    await story.channel.submit(officerA, 'emergency:Approve', story.approval(intent));
    await expect(story.partial(ticketId, record.recordId, A)).resolves.toHaveLength(298);
  });

  it('ends with the ticket: by time, or early', async () => {
    story.channel.now = ticket.expiresAt - 1;
    await expect(answerOf(A)).resolves.toHaveLength(298);
    story.channel.now = ticket.expiresAt;
    expect(await refusal(answerOf(A))).toBe('TICKET_EXPIRED');
    const other = await story.opened(audience);
    await story.channel.submit(story.people.alice, 'emergency:End', { ticketId: other.ticketId });
    expect(await refusal(story.partial(other.ticketId, record.recordId, A))).toBe('TICKET_ENDED');
  });

  it('goes by the later of the transaction’s time and the custodian’s clock', async () => {
    story.channel.now = ticket.expiresAt - 1;
    const ahead = { at: ticket.expiresAt };
    expect(await refusal(story.partial(ticket.ticketId, record.recordId, A, ahead))).toBe(
      'TICKET_EXPIRED',
    );
    story.channel.now = ticket.expiresAt;
    const back = { at: ticket.expiresAt - MAX_CLOCK_SKEW_MS };
    expect(await refusal(story.partial(ticket.ticketId, record.recordId, A, back))).toBe(
      'TICKET_EXPIRED',
    );
    const further = { at: ticket.expiresAt - MAX_CLOCK_SKEW_MS - 1 };
    expect(await refusal(story.partial(ticket.ticketId, record.recordId, A, further))).toBe(
      'TIMESTAMP_SKEW',
    );
  });

  it('ends with the audience grant, early or by time', async () => {
    const short = await story.audience(
      emergencyRule(story.now, { notAfter: story.now + 60_000, ticketMs: 120_000 }),
    );
    const brief = await story.opened(short);
    expect(brief.expiresAt).toBe(story.now + 60_000);
    const { audienceId } = audience.body;
    await story.channel.submit(story.people.alice, 'audience:EndAudience', { audienceId });
    expect(await refusal(answerOf(A))).toBe('AUDIENCE_ENDED');
    story.channel.now += 60_000;
    expect(await refusal(story.partial(brief.ticketId, record.recordId, A))).toBe('TICKET_EXPIRED');
  });

  it('is refused to a reader who is suspended, unregistered, or certified otherwise by now', async () => {
    const { erika, adminB } = story.people;
    const demoted = await Person.enrolled('HospBMSP', 'dr.erika', 'physician');
    expect(await refusal(answerOf(A, demoted))).toBe('CALLER_MISMATCH');
    const moved = await Person.enrolled('HospCMSP', 'dr.erika', 'emergency-physician');
    expect(await refusal(answerOf(A, moved))).toBe('CALLER_MISMATCH');
    const stranger = await Person.enrolled('HospBMSP', 'dr.gita', 'emergency-physician');
    expect(await refusal(answerOf(A, stranger))).toBe('CALLER_UNREGISTERED');
    await story.channel.submit(adminB, 'registry:SuspendUser', { userId: erika.userId });
    expect(await refusal(answerOf(A))).toBe('CALLER_SUSPENDED');
  });

  it('opens nothing that the audience does not cover', async () => {
    const { alice, bob, carol } = story.people;
    const sealedScope = groupScopeId('alice', 'sealed', 0);
    const scopes = [alice.scope(sealedScope, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    const { info } = record;
    const sealed = carol.record(
      alice,
      story.now,
      { info: { ...info, securityLevel: 'sealed' } },
      sealedScope,
    );
    await story.channel.submit(carol, 'records:FileRecord', sealed);
    const next = categoryScopeId('alice', 'prescription', 1);
    const later = [alice.scope(next, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes: later });
    const newer = carol.record(alice, story.now, {}, next);
    await story.channel.submit(carol, 'records:FileRecord', newer);
    const bobs = carol.record(bob, story.now);
    await story.channel.submit(carol, 'records:FileRecord', bobs);
    for (const { recordId } of [sealed, newer, bobs]) {
      expect(await refusal(story.partial(ticket.ticketId, recordId, A))).toBe(
        'AUDIENCE_SCOPE_MISSING',
      );
    }
    expect(await refusal(story.partial(ticket.ticketId, newId(), A))).toBe('RECORD_NOT_FOUND');
    expect(await refusal(story.partial(newId(), record.recordId, A))).toBe('TICKET_NOT_FOUND');
  });

  it('says where an organization has no share, or not the one that was signed for', async () => {
    const { world } = story.channel;
    const address = world
      .privateAddresses()
      .find((one) => one.startsWith(implicitCollection(A)) && one.includes('share'))!;
    world.overwritePrivate(address, new Uint8Array(84).fill(1));
    expect(await refusal(answerOf(A))).toBe('SHARE_INVALID');
    world.commit({ ...story.channel.last, privateWrites: new Map([[address, null]]) });
    expect(await refusal(answerOf(A))).toBe('SHARE_MISSING');
    await expect(answerOf(B)).resolves.toHaveLength(298);
  });

  it('never gives the share, not even to the reader', async () => {
    const [sealed, { world }] = [await answerOf(A), story.channel];
    const [mspId, audienceId] = [A, audience.body.audienceId];
    const address = world
      .privateAddresses()
      .find((one) => one.startsWith(implicitCollection(A)) && one.includes('share'))!;
    const custodian = story.channel.custodians[A].of(1)!;
    const place = canonicalBytes({ audienceId, mspId, scopeId: SCOPE });
    const share = custodian.open(world.privateValue(address), place);
    const { ticketId } = ticket;
    const context = canonicalBytes({ mspId, recordId: record.recordId, ticketId });
    const partial = openBox(story.people.erika.reader, bytesOf(sealed), { context });
    expect([share.length, partial.length]).toEqual([33, 98]);
    const scalar = hexOf(share.subarray(1));
    expect(sealed).not.toContain(scalar);
    expect(hexOf(partial)).not.toContain(scalar);
  });
});

describe('a grant by attributes', () => {
  let ward: Audience;

  beforeEach(async () => {
    ward = await story.audience(attributeRule(story.now));
  });

  const request = (by: Person, changes = {}) =>
    story.channel.submit(by, 'audience:RequestTicket', {
      ticketId: newId(),
      audienceId: ward.body.audienceId,
      purpose: 'TREAT',
      ...changes,
    });

  it('opens at once to whoever has the attributes, and leaves its trace', async () => {
    const { carol } = story.people;
    const own = await request(carol);
    expect(own).toMatchObject({ approvals: [], expiresAt: story.now + 3_600_000 });
    expect(story.channel.events.at(-1)).toMatchObject({
      type: 'audience.opened',
      patient: 'alice',
      subject: 'dr.carol',
      ticketId: own.ticketId,
      purpose: 'TREAT',
    });
    const { ticketId } = own;
    const answers = {
      [A]: await story.partial(ticketId, record.recordId, A, {}, carol),
      [C]: await story.partial(ticketId, record.recordId, C, {}, carol),
    };
    expect(story.open(ward, own, record, answers, carol)).toHaveLength(32);
    expect(await refusal(story.partial(ticketId, record.recordId, A))).toBe('TICKET_MISMATCH');
  });

  it('refuses other attributes, other purposes, and emergencies', async () => {
    const { carol, dave, erika } = story.people;
    expect(await refusal(request(dave))).toBe('READER_REFUSED');
    expect(await refusal(request(erika))).toBe('READER_REFUSED');
    expect(await refusal(request(carol, { purpose: 'BTG' }))).toBe('PURPOSE_DENIED');
    expect(await refusal(request(carol, { audienceId: newId() }))).toBe('AUDIENCE_NOT_FOUND');
    const { audienceId } = audience.body;
    expect(await refusal(request(erika, { audienceId, purpose: 'BTG' }))).toBe('AUDIENCE_REFUSED');
    expect(await refusal(story.declare(story.intent(ward)))).toBe('AUDIENCE_REFUSED');
  });

  it('is made once under one ticket ID', async () => {
    const { carol } = story.people;
    const ticketId = newId();
    const made = await request(carol, { ticketId });
    story.channel.now += 1000;
    expect(await request(carol, { ticketId })).toEqual(made);
    const other = (await story.audience(attributeRule(story.now))).body.audienceId;
    expect(await refusal(request(carol, { ticketId, audienceId: other }))).toBe('TICKET_EXISTS');
    const taken = request(carol, { ticketId: ticket.ticketId });
    expect(await refusal(taken)).toBe('TICKET_EXISTS');
  });

  it('ends when the department changes, or the policy no longer allows the purpose', async () => {
    const { alice, carol } = story.people;
    const { ticketId } = await request(carol);
    const read = (by: Person) => story.partial(ticketId, record.recordId, A, {}, by);
    const moved = await Person.enrolled('HospBMSP', 'dr.carol', 'physician', 'oncology');
    expect(await refusal(read(moved))).toBe('READER_REFUSED');
    const none = await Person.enrolled('HospBMSP', 'dr.carol', 'physician');
    expect(await refusal(read(none))).toBe('READER_REFUSED');
    const policy = alice.policy(story.now, { version: 2, purposes: ['CAREMGT'] });
    await story.channel.submit(alice, 'registry:PublishPolicy', policy);
    expect(await refusal(read(carol))).toBe('PURPOSE_DENIED');
  });

  it('waits for approvals where its rule asks for them', async () => {
    const { carol, officerA } = story.people;
    const { audienceId } = (await story.audience(attributeRule(story.now, { approvals: 1 }))).body;
    const { ticketId } = await request(carol, { audienceId });
    const read = () => story.partial(ticketId, record.recordId, A, {}, carol);
    expect(await refusal(read())).toBe('APPROVALS_MISSING');
    const intent = { ticketId, audienceId, purpose: 'TREAT' as const, reader: carol.userId };
    await story.channel.submit(officerA, 'emergency:Approve', story.approval(intent));
    await expect(read()).resolves.toHaveLength(298);
  });
});

describe('audience:ListRecords', () => {
  const list = async (by: Person, changes = {}): Promise<string[]> => {
    const { records } = await story.channel.evaluate(by, 'audience:ListRecords', {
      ticketId: ticket.ticketId,
      ...changes,
    });
    return records.map(({ recordId }) => recordId);
  };

  it('names what the ticket opens, to its reader, while it is open', async () => {
    const { alice, carol, erika, frank } = story.people;
    const omics = categoryScopeId('alice', 'omics', 0);
    const scopes = [alice.scope(omics, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    const info = { ...record.info, category: 'omics' as const, securityLevel: 'low' as const };
    const uncovered = carol.record(alice, story.now, { info }, omics);
    await story.channel.submit(carol, 'records:FileRecord', uncovered);
    expect(record.metadata.keyWrap.scopeId).toBe(SCOPE);
    expect(await list(erika)).toEqual([record.recordId]);
    expect(await list(erika, { category: 'omics' })).toEqual([]);
    expect(await refusal(list(frank))).toBe('TICKET_MISMATCH');
    story.channel.now = ticket.expiresAt;
    expect(await refusal(list(erika))).toBe('TICKET_EXPIRED');
  });
});
