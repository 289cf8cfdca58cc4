/**
 * An unconscious stranger: a physician who has never seen the patient reads the prescriptions within
 * seconds, with the consent of another hospital, and everyone sees it.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  DEFAULT_EMERGENCY_RULE,
  type Checkpoint,
  type Ledger,
  type LedgerEvent,
} from '@emr-share/gateway-client';
import {
  EmrError,
  type AudienceTicket,
  type Category,
  type TransactionName,
  type TransactionRecord,
} from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { interceptedLedger } from '../support/between.js';
import { newcomer, newPatient, newPhysician, type Person } from '../support/people.js';
import { codeOf, refusalOf } from '../support/refusal.js';

const REASON = { code: 'unconscious', text: 'found at the main station, no papers' } as const;
const EMERGENCY = 'emergency-physician';
/** What a peer that has not seen the ticket refuses. */
const LATE: ReadonlySet<TransactionName> = new Set<TransactionName>([
  'audience:GetTicket',
  'emergency:Approve',
  'emergency:End',
  'emergency:Review',
]);

describeOnEachBackend('an emergency', (backend) => {
  let patient: Person;
  let physician: Person;
  let consultant: Person;
  let officer: Person;
  let prescription: TransactionRecord;

  const file = async (text: string, category: Category): Promise<TransactionRecord> => {
    const options = { patient: patient.userId, category, contentType: 'text/plain' };
    return (await patient.client.records.upload(Buffer.from(text), options)).record;
  };
  const opened = async (reader: Person, ticket: AudienceTicket | string): Promise<string[]> => {
    const texts: string[] = [];
    for await (const record of reader.client.emergency.open(ticket)) {
      texts.push(Buffer.from(await record.bytes()).toString());
    }
    return texts.sort();
  };
  const declare = (reader: Person = physician, of: Person = patient): Promise<AudienceTicket> =>
    reader.client.emergency.declare({ patient: of.userId, reason: REASON });

  beforeAll(async () => {
    const at = (mspId: string, name: string): { mspId: string; name: string } => ({ mspId, name });
    [patient, physician, consultant, officer] = await Promise.all([
      newPatient(backend()),
      newcomer(backend(), EMERGENCY, at('HospBMSP', 'd.abara')),
      newcomer(backend(), EMERGENCY, at('HospCMSP', 'd.chen')),
      newcomer(backend(), 'privacy-officer', at('HospAMSP', 'o.adams')),
    ]);
    prescription = await file('warfarin', 'prescription');
    await file('appendix', 'medical-imaging');
  });

  describe('of a patient who has said nothing', () => {
    const told: LedgerEvent[] = [];
    let ticket: AudienceTicket;
    let start: Checkpoint;

    it('is declared by a physician, and opens nothing until another hospital approves', async () => {
      const rule = await patient.client.emergency.rule();
      expect(rule?.body).toMatchObject({
        patient: patient.userId,
        categories: DEFAULT_EMERGENCY_RULE.categories,
        threshold: 2,
        custodians: backend().organizations,
        rule: { kind: 'emergency', approvals: 1, ticketMs: 7_200_000, dutyServices: true },
      });
      start = await checkpointOf(patient);
      ticket = await declare();
      expect(ticket).toMatchObject({
        patient: patient.userId,
        reader: physician.userId,
        mspId: 'HospBMSP',
        purpose: 'ETREAT',
        reason: { code: 'unconscious' },
        approvals: [],
        approvalsNeeded: 1,
      });
      expect(await refusalOf(opened(physician, ticket))).toMatchObject({
        code: 'APPROVALS_MISSING',
        details: { have: 0, need: 1 },
      });
    });

    it('opens what the rule covers once it is approved, and nothing else', async () => {
      const approved = await consultant.client.emergency.approve(ticket.ticketId);
      expect(approved.approvals).toMatchObject([
        { body: { approver: consultant.userId, mspId: 'HospCMSP', reader: physician.userId } },
      ]);
      expect(approved.expiresAt - ticket.issuedAt).toBeGreaterThanOrEqual(7_200_000);
      expect(await opened(physician, ticket)).toEqual(['warfarin']);
      const listed = await all(physician.client.tickets.records(ticket.ticketId));
      expect(listed).toEqual([prescription]);
      const fetched = await physician.client.tickets.fetch(ticket.ticketId, prescription.recordId);
      expect(Buffer.from(await fetched.bytes()).toString()).toBe('warfarin');
    });

    it("keeps the reason's words for the patient and the privacy officers", async () => {
      const { ticketId } = ticket;
      expect(JSON.stringify(ticket)).not.toContain('station');
      for (const who of [patient, officer]) {
        expect(await who.client.emergency.readReason(ticketId)).toBe(REASON.text);
      }
      expect(await codeOf(consultant.client.emergency.readReason(ticketId))).toBe('ROLE_DENIED');
    });

    it('ends when the patient says so', async () => {
      const ended = await patient.client.emergency.end(ticket.ticketId);
      expect(ended.ended).toMatchObject({ by: patient.userId });
      expect(await codeOf(opened(physician, ticket))).toBe('TICKET_ENDED');
    });

    it('waits for its review by another hospital', async () => {
      const { ticketId } = ticket;
      const waiting = { unreviewed: true, patient: patient.userId } as const;
      const before = await all(officer.client.emergency.tickets(waiting));
      expect(before.map((one) => one.ticketId)).toEqual([ticketId]);
      const reviewed = await officer.client.emergency.review(ticketId, 'cleared');
      expect(reviewed.review).toMatchObject({ verdict: 'cleared', reviewer: officer.userId });
      expect(await all(officer.client.emergency.tickets(waiting))).toEqual([]);
      expect(await all(patient.client.emergency.tickets({ patient: patient.userId }))).toEqual([
        reviewed,
      ]);
    });

    it("tells the patient's devices each step as it happens, and the log for ever", async () => {
      const steps = [
        ['emergency.declared', physician],
        ['emergency.approved', consultant],
        ['emergency.ended', patient],
        ['emergency.reviewed', officer],
      ] as const;
      const options = { patient: patient.userId, after: start };
      for await (const event of patient.client.emergency.watch(options)) {
        told.push(event);
        if (told.length === steps.length) break;
      }
      expect(told.map(({ entry }) => entry)).toMatchObject(
        steps.map(([type, { userId: actor }]) => ({
          type,
          actor,
          patient: patient.userId,
          ticketId: ticket.ticketId,
        })),
      );
      const log = await all(patient.client.audit.log());
      expect(log.filter(({ ticketId }) => ticketId === ticket.ticketId)).toEqual(
        told.map(({ entry }) => entry),
      );
    });
  });

  it('is one transaction where the approval was signed before', async () => {
    const request = await physician.client.emergency.prepare({ patient: patient.userId });
    const approval = consultant.client.emergency.signApproval(request);
    const ticket = await physician.client.emergency.declare({
      ...request,
      reason: REASON,
      approvals: [approval],
    });
    expect(ticket.approvals).toEqual([approval]);
    expect(await opened(physician, ticket)).toEqual(['warfarin']);
    const again = { ...request, reason: REASON, approvals: [approval] };
    expect(await physician.client.emergency.declare(again)).toEqual(ticket);
  });

  it('lets an on-duty service approve where the rule allows it', async () => {
    const duty = await newcomer(backend(), 'duty-service', { mspId: 'HospAMSP', name: 's.duty' });
    const { ticketId } = await declare();
    await duty.client.emergency.approve(ticketId);
    expect(await opened(physician, ticketId)).toEqual(['warfarin']);

    await patient.client.emergency.setRule({ dutyServices: false });
    const second = await declare();
    expect(await codeOf(duty.client.emergency.approve(second.ticketId))).toBe('APPROVAL_REFUSED');
  });

  it('goes on in the epochs that a revocation starts', async () => {
    const grantee = await newPhysician(backend());
    const grant = await patient.client.grants.create({
      grantee: grantee.userId,
      categories: ['prescription'],
      purposes: ['TREAT'],
      durationMs: 600_000,
    });
    await patient.client.grants.revoke(grant.body.grantId);
    const later = await file('insulin', 'prescription');
    expect(later.metadata.keyWrap.scopeId).toBe(`${patient.userId}/prescription/1`);
    const { ticketId } = await declare();
    await consultant.client.emergency.approve(ticketId);
    expect(await opened(physician, ticketId)).toEqual(['insulin', 'warfarin']);
  });

  it('is approved, ended and reviewed by those whose peers are a block behind', async () => {
    const late = (real: Ledger): Ledger =>
      interceptedLedger(real, ({ name, nth }, pass) =>
        nth <= 2 && LATE.has(name)
          ? Promise.reject(new EmrError('TICKET_NOT_FOUND', { ticketId }))
          : pass(),
      );
    const { ticketId } = await declare();
    const approver = await consultant.again({ ledger: late });
    const approved = await approver.emergency.approve(ticketId);
    expect(approved.approvals).toHaveLength(1);
    const own = await patient.again({ ledger: late });
    expect((await own.emergency.end(ticketId)).ended).toMatchObject({ by: patient.userId });
    const reviewer = await officer.again({ ledger: late });
    const { review } = await reviewer.emergency.review(ticketId, 'cleared');
    expect(review).toMatchObject({ verdict: 'cleared' });
  });

  it('is governed by one rule at a time: a new one takes the place of the old', async () => {
    const old = await patient.client.emergency.rule();
    const rule = await patient.client.emergency.setRule({
      categories: ['medical-imaging'],
      approvals: 2,
      ticketMs: 60_000,
    });
    expect(rule.body.rule).toMatchObject({ approvals: 2, ticketMs: 60_000, dutyServices: true });
    expect(await patient.client.emergency.setRule({ ...rule.body, ...rule.body.rule })).toEqual(
      rule,
    );
    const { status } = await patient.client.audiences.get(old!.body.audienceId);
    expect(status.state).toBe('ended');

    const { ticketId } = await declare();
    await consultant.client.emergency.approve(ticketId);
    expect(await codeOf(opened(physician, ticketId))).toBe('APPROVALS_MISSING');
    await officer.client.emergency.approve(ticketId);
    expect(await opened(physician, ticketId)).toEqual(['appendix']);
  });

  it('cannot be declared for a patient who has opted out: there is not one share left', async () => {
    const { audienceId } = (await patient.client.emergency.rule())!.body;
    const { ticketId } = await declare();
    await consultant.client.emergency.approve(ticketId);
    await officer.client.emergency.approve(ticketId);

    const receipts = await patient.client.emergency.optOut();
    const receipt = receipts.find((one) => one.audienceId === audienceId);
    expect(receipt?.purged.map(({ mspId }) => mspId)).toEqual(backend().organizations);
    expect(await patient.client.emergency.optOut()).toEqual(receipts);
    expect(await patient.client.emergency.rule()).toBeNull();
    expect(await codeOf(declare())).toBe('AUDIENCE_OPTED_OUT');
    expect(await codeOf(opened(physician, ticketId))).toBe('AUDIENCE_ENDED');
  });
});

/** Where the events of a story begin: after the last one that concerns somebody so far. */
async function checkpointOf({ client, userId }: Person): Promise<Checkpoint> {
  const log = await all(client.audit.log());
  const last = log.at(-1)?.transactionId;
  const after = { blockNumber: 0 };
  for await (const { entry, checkpoint, transactionId } of client.audit.events({ after })) {
    if (entry.patient === userId && transactionId === last) return checkpoint;
  }
  return after;
}
