import { beforeEach, describe, expect, it } from '@jest/globals';
import { sealBox, type PublicKey } from '@emr-share/crypto';
import {
  APPROVAL_LIFE_MS,
  canonicalBytes,
  DEFAULT_REVIEW_RULE,
  type Audience,
  type AudienceTicket,
  type EmergencyReason,
  type EmergencyReview,
  type SignedApproval,
} from '@emr-share/model';
import { MAX_CLOCK_SKEW_MS } from '../src/index.js';
import type { Organization } from './support/channel.js';
import { EmergencyStory, type Declared } from './support/emergency-story.js';
import { refusal } from './support/hospital-story.js';
import { hexOf, newId, type Person } from './support/person.js';
import { emergencyRule } from './support/shares.js';

let story: EmergencyStory;
let audience: Audience;
let intent: Declared;

beforeEach(async () => {
  story = await EmergencyStory.begin();
  audience = await story.audience();
  intent = story.intent(audience);
});

const approve = (
  approval: SignedApproval,
  by: Person = story.people.officerA,
): Promise<AudienceTicket> => story.channel.submit(by, 'emergency:Approve', approval);

const end = (ticketId: string, by: Person): Promise<AudienceTicket> =>
  story.channel.submit(by, 'emergency:End', { ticketId });

const review = (
  ticketId: string,
  by: Person = story.people.officerC,
  verdict: EmergencyReview['verdict'] = 'cleared',
): Promise<AudienceTicket> => story.channel.submit(by, 'emergency:Review', { ticketId, verdict });

describe('emergency:Declare', () => {
  it('opens the ticket at once where the approvals come along', async () => {
    const { erika } = story.people;
    const approval = story.approval(intent);
    const ticket = await story.declare(intent, [approval]);
    expect(ticket).toEqual({
      ...intent,
      patient: 'alice',
      mspId: 'HospBMSP',
      readerKey: hexOf(erika.reader.publicKey().toCompressedBytes()),
      reason: { code: 'unconscious' },
      issuedAt: story.now,
      approvals: [approval],
      approvalsNeeded: 1,
      expiresAt: story.now + audience.body.rule.ticketMs,
    });
    expect(story.channel.events.at(-1)).toMatchObject({
      type: 'emergency.declared',
      patient: 'alice',
      subject: 'dr.erika',
      grantId: audience.body.audienceId,
      ticketId: ticket.ticketId,
      purpose: 'BTG',
    });
  });

  it('waits where an approval is missing', async () => {
    const ticket = await story.declare(intent);
    expect(ticket).toMatchObject({ approvals: [], approvalsNeeded: 1 });
  });

  it('is made once under one ticket ID', async () => {
    const approval = story.approval(intent);
    const ticket = await story.declare(intent, [approval]);
    story.channel.now += APPROVAL_LIFE_MS + 1;
    expect(await story.declare(intent, [approval])).toEqual(ticket);
    const other = { ...intent, purpose: 'ETREAT' as const };
    expect(await refusal(story.declare(other))).toBe('TICKET_EXISTS');
    const { frank } = story.people;
    expect(await refusal(story.declare(intent, [], frank))).toBe('TICKET_EXISTS');
    const reason = { code: 'disaster' as const };
    const told = story.declare(intent, [], story.people.erika, { reason });
    expect(await refusal(told)).toBe('TICKET_EXISTS');
  });

  it('is for emergency physicians, for the purposes of the rule, while it holds', async () => {
    const { carol, officerA, alice } = story.people;
    expect(await refusal(story.declare(intent, [], carol))).toBe('READER_REFUSED');
    expect(await refusal(story.declare(intent, [], officerA))).toBe('READER_REFUSED');
    expect(await refusal(story.declare({ ...intent, purpose: 'TREAT' }))).toBe('PURPOSE_DENIED');
    const { audienceId } = audience.body;
    await story.channel.submit(alice, 'audience:EndAudience', { audienceId });
    expect(await refusal(story.declare(intent))).toBe('AUDIENCE_ENDED');
  });

  it('has nothing to go by where the patient has opted out', async () => {
    const unknown = { ...intent, audienceId: newId() };
    expect(await refusal(story.declare(unknown))).toBe('AUDIENCE_NOT_FOUND');
  });

  it('refuses a rule that does not hold yet', async () => {
    const rule = emergencyRule(story.now, { notBefore: story.now + 1000 });
    const later = story.intent(await story.audience(rule));
    expect(await refusal(story.declare(later))).toBe('GRANT_NOT_YET_VALID');
  });

  it('takes words for the custodians of the grant only', async () => {
    const custodians = [{ mspId: 'HospDMSP', sealed: '00'.repeat(60) }];
    const reason = { code: 'disaster' as const, text: { patient: '00'.repeat(60), custodians } };
    const told = story.declare(intent, [], story.people.erika, { reason });
    expect(await refusal(told)).toBe('INPUT_INVALID');
  });

  it('refuses two approvals of one organization', async () => {
    const rule = emergencyRule(story.now, { approvals: 2, dutyServices: true });
    const strict = story.intent(await story.audience(rule));
    const { officerA, dutyA, officerC } = story.people;
    const [a, duty, c] = [officerA, dutyA, officerC].map((one) => story.approval(strict, one));
    expect(await refusal(story.declare(strict, [a!, duty!]))).toBe('APPROVAL_REFUSED');
    const ticket = await story.declare(strict, [c!, a!]);
    expect(ticket.approvals).toEqual([a, c]);
    expect(await story.declare(strict, [c!, a!])).toEqual(ticket);
  });
});

describe('an approval', () => {
  /** What endorsers say to it, in a declaration and on its own. */
  async function refused(
    approval: SignedApproval,
    approver: Person = story.people.officerA,
  ): Promise<string> {
    const [before, after] = [story.channel.fork(), story.channel.fork()];
    const { erika } = story.people;
    const declaration = {
      ticketId: intent.ticketId,
      audienceId: intent.audienceId,
      purpose: intent.purpose,
      reason: { code: 'unconscious' as const },
    };
    const along = await refusal(
      before.submit(erika, 'emergency:Declare', { ...declaration, approvals: [approval] }),
    );
    await after.submit(erika, 'emergency:Declare', { ...declaration, approvals: [] });
    const alone = await refusal(after.submit(approver, 'emergency:Approve', approval));
    expect(alone).toBe(along);
    return along;
  }

  it('is no approval by somebody of the reader’s own organization', async () => {
    const { officerB } = story.people;
    expect(await refused(story.approval(intent, officerB), officerB)).toBe('APPROVAL_REFUSED');
  });

  it('is not made another organization’s by saying so', async () => {
    const { officerB } = story.people;
    const lie = story.approval(intent, officerB, { mspId: 'HospAMSP' });
    expect(await refused(lie, officerB)).toBe('APPROVAL_REFUSED');
  });

  it('is refused in a role that approves nothing', async () => {
    const { dave, auditor, adminA, alice } = story.people;
    for (const one of [dave, auditor, adminA, alice]) {
      expect(await refused(story.approval(intent, one), one)).toBe('APPROVAL_REFUSED');
    }
  });

  it('is taken from a duty service where the rule says so, else not', async () => {
    const { dutyA } = story.people;
    expect(await refused(story.approval(intent, dutyA), dutyA)).toBe('APPROVAL_REFUSED');
    const allowed = story.intent(
      await story.audience(emergencyRule(story.now, { dutyServices: true })),
    );
    await expect(story.declare(allowed, [story.approval(allowed, dutyA)])).resolves.toBeDefined();
  });

  it('is refused from an organization that is no custodian', async () => {
    const custodians = ['HospAMSP', 'HospBMSP'];
    const rule = emergencyRule(story.now);
    intent = story.intent(await story.audience(rule, { custodians }));
    const { officerC } = story.people;
    expect(await refused(story.approval(intent, officerC), officerC)).toBe('APPROVAL_REFUSED');
  });

  it('is refused when it is for another ticket, grant, patient, reader or purpose', async () => {
    const { officerA } = story.people;
    for (const changes of [
      { audienceId: newId() },
      { patient: 'bob' },
      { reader: 'dr.frank' },
      { purpose: 'ETREAT' as const },
    ]) {
      expect(await refused(story.approval(intent, officerA, changes))).toBe('APPROVAL_REFUSED');
    }
    const other = story.approval({ ...intent, ticketId: newId() });
    expect(await refusal(story.declare(intent, [other]))).toBe('APPROVAL_REFUSED');
    expect(await refusal(approve(other))).toBe('TICKET_NOT_FOUND');
  });

  it('is refused when it is forged, or of nobody', async () => {
    const { officerA, frank } = story.people;
    const approval = story.approval(intent);
    const forged = { ...approval, signature: frank.sign('approval', approval.body).signature };
    expect(await refused(forged)).toBe('SIGNATURE_INVALID');
    const otherTag = { ...approval, signature: officerA.sign('grant', approval.body).signature };
    expect(await refused(otherTag)).toBe('SIGNATURE_INVALID');
    const nobody = story.approval(intent, officerA, { approver: 'nobody' });
    expect(await refusal(story.declare(intent, [nobody]))).toBe('SIGNER_UNREGISTERED');
  });

  it('is refused when its signer is suspended', async () => {
    const { officerA, adminA } = story.people;
    const approval = story.approval(intent);
    await story.channel.submit(adminA, 'registry:SuspendUser', { userId: officerA.userId });
    expect(await refusal(story.declare(intent, [approval]))).toBe('APPROVAL_REFUSED');
    await story.declare(intent);
    expect(await refusal(approve(approval))).toBe('CALLER_SUSPENDED');
  });

  it('is good for a while: neither hoarded nor dated ahead', async () => {
    const { officerA } = story.people;
    const at = (approvedAt: number) => story.approval(intent, officerA, { approvedAt });
    expect(await refused(at(story.now - APPROVAL_LIFE_MS - 1))).toBe('APPROVAL_REFUSED');
    expect(await refused(at(story.now + MAX_CLOCK_SKEW_MS + 1))).toBe('APPROVAL_REFUSED');
    await expect(story.declare(intent, [at(story.now - APPROVAL_LIFE_MS)])).resolves.toBeDefined();
  });
});

describe('emergency:Approve', () => {
  it('opens a ticket with the last approval, and its time runs from then on', async () => {
    const { officerA, frank } = story.people;
    const { ticketMs } = audience.body.rule;
    const rule = emergencyRule(story.now, { approvals: 2 });
    const strict = story.intent(await story.audience(rule));
    const issuedAt = story.now;
    await story.declare(strict);
    story.channel.now += 1000;
    const first = await approve(story.approval(strict, officerA));
    expect(first.approvals).toHaveLength(1);
    expect(first.expiresAt).toBe(issuedAt + ticketMs);
    story.channel.now += 1000;
    const second = await approve(story.approval(strict, frank), frank);
    expect(second.approvals.map(({ body }) => body.mspId)).toEqual(['HospAMSP', 'HospCMSP']);
    expect(second.expiresAt).toBe(story.now + ticketMs);
    expect(story.channel.events.at(-1)).toMatchObject({
      type: 'emergency.approved',
      actor: 'dr.frank',
      mspId: 'HospCMSP',
      ticketId: strict.ticketId,
    });
    const seen = await story.channel.evaluate(frank, 'audience:GetTicket', {
      ticketId: strict.ticketId,
    });
    expect(seen).toEqual(second);
  });

  it('adds nothing to the time of a ticket that is open', async () => {
    const ticket = await story.opened(audience);
    story.channel.now += 1000;
    const { officerC } = story.people;
    const more = await approve(story.approval({ ...intent, ...pick(ticket) }, officerC), officerC);
    expect(more.approvals).toHaveLength(2);
    expect(more.expiresAt).toBe(ticket.expiresAt);
  });

  it('takes one approval of each organization, and a repeat of it', async () => {
    await story.declare(intent);
    const { frank } = story.people;
    const approval = story.approval(intent, frank);
    const ticket = await approve(approval, frank);
    expect(await approve(approval, frank)).toEqual(ticket);
    const { officerC } = story.people;
    expect(await refusal(approve(story.approval(intent, officerC), officerC))).toBe(
      'APPROVAL_REFUSED',
    );
  });

  it('reads all approvals, so that of two at once one is made again', async () => {
    await story.declare(intent);
    const { officerA, officerC } = story.people;
    const twin = story.channel.fork();
    await approve(story.approval(intent, officerA));
    const { ranges, writes } = story.channel.last;
    await twin.submit(officerC, 'emergency:Approve', story.approval(intent, officerC));
    const range = [...ranges.keys()].find((key) => key.includes('ticketApproval'))!;
    expect(twin.last.ranges.has(range)).toBe(true);
    const keys = [...writes.keys(), ...twin.last.writes.keys()];
    const approvals = keys.filter((key) => key.startsWith(range));
    expect(new Set(approvals).size).toBe(2);
    expect(keys.some((key) => key.includes('audienceTicket'))).toBe(false);
  });

  it('is by the approver alone', async () => {
    await story.declare(intent);
    const { officerC, erika } = story.people;
    expect(await refusal(approve(story.approval(intent), officerC))).toBe('SIGNER_MISMATCH');
    expect(await refusal(approve(story.approval(intent), erika))).toBe('SIGNER_MISMATCH');
  });

  it('comes too late for a ticket that has lapsed or was ended, or a grant that has', async () => {
    const { ticketId, expiresAt } = await story.declare(intent);
    const other = story.intent(audience);
    await story.declare(other);
    await end(other.ticketId, story.people.erika);
    expect(await refusal(approve(story.approval(other)))).toBe('TICKET_ENDED');
    const third = story.intent(audience);
    await story.declare(third);
    const { audienceId } = audience.body;
    const fork = story.channel.fork();
    await fork.submit(story.people.alice, 'audience:EndAudience', { audienceId });
    const late = fork.submit(story.people.officerA, 'emergency:Approve', story.approval(third));
    expect(await refusal(late)).toBe('AUDIENCE_ENDED');
    story.channel.now = expiresAt;
    const { officerA } = story.people;
    const approval = story.approval(intent, officerA);
    expect(approval.body.ticketId).toBe(ticketId);
    expect(await refusal(approve(approval))).toBe('TICKET_EXPIRED');
  });
});

const pick = ({ ticketId, audienceId, reader }: AudienceTicket) => ({
  ticketId,
  audienceId,
  reader,
});

describe('emergency:End', () => {
  it('is possible for the patient, the reader and any privacy officer, once', async () => {
    const { alice, erika, officerB, officerC } = story.people;
    for (const one of [alice, erika, officerB, officerC]) {
      const { ticketId } = await story.opened(audience);
      const ended = await end(ticketId, one);
      expect(ended.ended).toEqual({ at: story.now, by: one.userId });
      expect(await end(ticketId, alice)).toEqual(ended);
    }
  });

  it('leaves a ticket that is over already as it is', async () => {
    const ticket = await story.opened(audience);
    story.channel.now = ticket.expiresAt;
    expect(await end(ticket.ticketId, story.people.alice)).toEqual(ticket);
    expect(story.channel.last.writes.size).toBe(0);
  });

  it('is refused to all others', async () => {
    const { ticketId } = await story.opened(audience);
    const { bob, frank, adminA, dutyA } = story.people;
    for (const one of [bob, frank, adminA, dutyA]) {
      expect(await refusal(end(ticketId, one))).toBe('ROLE_DENIED');
    }
    expect(await refusal(end(newId(), story.people.alice))).toBe('TICKET_NOT_FOUND');
  });
});

describe('emergency:Review', () => {
  let ticket: AudienceTicket;

  beforeEach(async () => {
    ticket = await story.opened(audience);
  });

  it('says what an officer of another organization found, once the ticket is over', async () => {
    const { officerC, officerA } = story.people;
    expect(await refusal(review(ticket.ticketId))).toBe('REVIEW_REFUSED');
    story.channel.now = ticket.expiresAt;
    const reviewed = await review(ticket.ticketId, officerC, 'contested');
    expect(reviewed.review).toEqual({
      verdict: 'contested',
      reviewer: 'officer.c',
      mspId: 'HospCMSP',
      reviewedAt: story.now,
    });
    expect(story.channel.events.at(-1)).toMatchObject({ type: 'emergency.reviewed' });
    story.channel.now += 1000;
    expect(await review(ticket.ticketId, officerC, 'contested')).toEqual(reviewed);
    expect(await refusal(review(ticket.ticketId, officerC, 'cleared'))).toBe('REVIEW_REFUSED');
    expect(await refusal(review(ticket.ticketId, officerA, 'contested'))).toBe('REVIEW_REFUSED');
  });

  it('is refused to the reader’s own organization, to other roles, and where there was none', async () => {
    const { officerC, officerB, erika, adminA, carol } = story.people;
    await end(ticket.ticketId, erika);
    expect(await refusal(review(ticket.ticketId, officerB))).toBe('REVIEW_REFUSED');
    for (const one of [erika, adminA, carol]) {
      expect(await refusal(review(ticket.ticketId, one))).toBe('ROLE_DENIED');
    }
    expect(await refusal(review(newId(), officerC))).toBe('TICKET_NOT_FOUND');
  });

  it('is refused to the one who approved', async () => {
    const { officerA, officerC, erika } = story.people;
    const intent = story.intent(audience);
    const { ticketId } = await story.declare(intent, [story.approval(intent, officerA)]);
    await end(ticketId, erika);
    expect(await refusal(review(ticketId, officerA))).toBe('REVIEW_REFUSED');
    expect((await review(ticketId, officerC)).review).toMatchObject({ reviewer: 'officer.c' });
  });
});

describe('an unreviewed emergency', () => {
  const grace = (graceMs: number, by: Person = story.people.adminC): Promise<unknown> =>
    story.channel.submit(by, 'emergency:PublishReviewRule', { graceMs });
  const declareNext = () => story.declare(story.intent(audience));

  it('keeps its physician from the next one after the grace, until it is reviewed', async () => {
    const { frank } = story.people;
    const { ticketId, issuedAt } = await story.opened(audience);
    story.channel.now = issuedAt + DEFAULT_REVIEW_RULE.graceMs;
    const { ticketId: second } = await declareNext();
    story.channel.now += 1;
    const refused = await declareNext().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'REVIEW_OVERDUE', details: { ticketId, issuedAt } });
    await expect(
      story.declare(story.intent(audience, { reader: frank.userId }), [], frank),
    ).resolves.toBeDefined();
    await review(ticketId);
    await expect(declareNext()).resolves.toBeDefined();
    expect(second).not.toBe(ticketId);
  });

  it('waits as long as the consortium says', async () => {
    const { adminA, alice, erika } = story.people;
    const rule = () => story.channel.evaluate(alice, 'emergency:GetReviewRule', {});
    expect(await rule()).toEqual(DEFAULT_REVIEW_RULE);
    expect(await refusal(grace(1000, erika))).toBe('ROLE_DENIED');
    await grace(1000, adminA);
    await grace(1000);
    expect(await rule()).toEqual({ graceMs: 1000 });
    const published = story.channel.events.filter(({ type }) => type === 'review-rule.published');
    expect(published).toHaveLength(1);
    await story.opened(audience);
    story.channel.now += 1001;
    expect(await refusal(declareNext())).toBe('REVIEW_OVERDUE');
  });
});

describe('emergency:ListTickets', () => {
  const list = async (by: Person, request = {}): Promise<string[]> => {
    const { tickets } = await story.channel.evaluate(by, 'emergency:ListTickets', request);
    return tickets.map(({ ticketId }) => ticketId);
  };

  it('shows officers and auditors all, or those of somebody, or those to review', async () => {
    const { officerB, auditor, erika, frank, officerC } = story.people;
    const first = (await story.opened(audience)).ticketId;
    const franks = story.intent(audience, { reader: frank.userId });
    await story.declare(franks, [], frank);
    await end(first, erika);
    const both = [first, franks.ticketId].sort();
    expect(await list(officerB)).toEqual(both);
    expect(await list(auditor, { patient: 'alice' })).toEqual(both);
    expect(await list(officerB, { patient: 'bob' })).toEqual([]);
    expect(await list(officerB, { reader: 'dr.frank' })).toEqual([franks.ticketId]);
    await review(first, officerC);
    for (const request of [{}, { patient: 'alice' }, { reader: 'dr.frank' }]) {
      expect(await list(officerB, { ...request, unreviewed: true })).toEqual([franks.ticketId]);
    }
    expect(await list(officerB, { reader: 'dr.erika', unreviewed: true })).toEqual([]);
  });

  it('shows patients and readers their own', async () => {
    const { alice, bob, erika, frank } = story.people;
    const { ticketId } = await story.opened(audience);
    expect(await list(alice, { patient: 'alice' })).toEqual([ticketId]);
    expect(await list(erika, { reader: 'dr.erika' })).toEqual([ticketId]);
    expect(await refusal(list(bob, { patient: 'alice' }))).toBe('ROLE_DENIED');
    expect(await refusal(list(frank, { reader: 'dr.erika' }))).toBe('ROLE_DENIED');
    expect(await list(alice)).toEqual([ticketId]);
    expect(await list(erika)).toEqual([ticketId]);
    expect(await list(frank)).toEqual([]);
    expect(await list(bob)).toEqual([]);
  });
});

describe('audience:GetTicket', () => {
  it('is for the parties, for those who watch, and for those who could approve', async () => {
    const ticket = await story.opened(audience);
    const { ticketId } = ticket;
    const get = (by: Person) => story.channel.evaluate(by, 'audience:GetTicket', { ticketId });
    const { alice, erika, officerB, auditor, frank, dutyA, bob, dave, adminA } = story.people;
    for (const one of [alice, erika, officerB, auditor, frank, dutyA]) {
      expect(await get(one)).toEqual(ticket);
    }
    for (const one of [bob, dave, adminA]) expect(await refusal(get(one))).toBe('TICKET_MISMATCH');
  });
});

describe('emergency:ReadReason', () => {
  const words = 'found at the station, no card, bleeding';
  const read = (ticketId: string, by: Person, mspId: Organization) =>
    story.channel.evaluate(by, 'emergency:ReadReason', { ticketId }, { organizations: [mspId] });

  /** The reason as erika's own machine seals it. */
  function reasonFor({ ticketId }: Declared): EmergencyReason {
    const { alice } = story.people;
    const seal = (key: PublicKey, to: string): string =>
      hexOf(sealBox(key, Buffer.from(words), { context: canonicalBytes({ ticketId, to }) }));
    const custodians = (['HospAMSP', 'HospCMSP'] as const).map((mspId) => ({
      mspId,
      sealed: seal(story.channel.custodians[mspId].secret(1).publicKey(), mspId),
    }));
    const text = { patient: seal(alice.reader.publicKey(), 'patient'), custodians };
    return { code: 'life-threatening', text };
  }

  it('opens the words to the organization’s own privacy officer', async () => {
    const reason = reasonFor(intent);
    const { erika, officerA, officerB, officerC, adminA, frank } = story.people;
    const { ticketId } = await story.declare(intent, [], erika, { reason });
    expect(await read(ticketId, officerA, 'HospAMSP')).toEqual({ ticketId, text: words });
    expect(await read(ticketId, officerC, 'HospCMSP')).toEqual({ ticketId, text: words });
    expect(await refusal(read(ticketId, officerB, 'HospAMSP'))).toBe('ROLE_DENIED');
    expect(await refusal(read(ticketId, adminA, 'HospAMSP'))).toBe('ROLE_DENIED');
    expect(await refusal(read(ticketId, frank, 'HospCMSP'))).toBe('ROLE_DENIED');
    expect(await refusal(read(ticketId, officerB, 'HospBMSP'))).toBe('REVIEW_REFUSED');
  });

  it('says so where the key that the words are sealed to is gone', async () => {
    const reason = reasonFor(intent);
    const { erika, officerA } = story.people;
    const { ticketId } = await story.declare(intent, [], erika, { reason });
    story.channel.custodians.HospAMSP.add(2);
    expect(await read(ticketId, officerA, 'HospAMSP')).toMatchObject({ text: words });
    story.channel.custodians.HospAMSP.destroy(1);
    expect(await refusal(read(ticketId, officerA, 'HospAMSP'))).toBe('REVIEW_REFUSED');
  });
});
