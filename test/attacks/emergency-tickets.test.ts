/**
 * Threat 3 of docs/threat-model.md, in an emergency: a ticket that nobody should have, or somebody else
 * has. Each organization refuses by itself, whatever the physician's client says.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, publishReviewRule } from '@emr-share/gateway-client';
import { DEFAULT_REVIEW_RULE, type AudienceTicket, type ReviewRule } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { newcomer, newPhysician, type Person } from '../support/people.js';
import { codeOf, refusalOf } from '../support/refusal.js';
import { CONTENT, declare, file, openTicket, openWard, read, type Ward } from './support/ward.js';

const REASON = { code: 'life-threatening' } as const;

describeOnEachBackend('an emergency ticket', (backend) => {
  let ward: Ward;

  beforeAll(async () => {
    ward = await openWard(backend());
  });

  /** What each organization answers to somebody who asks it directly for a partial decryption. */
  const answers = (who: Person, ticketId: string, recordId: string): Promise<string[]> => {
    const ledger = backend().ledger(who.identity);
    const request = { ticketId, recordIds: [recordId] };
    return Promise.all(
      backend().organizations.map((mspId) =>
        ledger.evaluate('audience:OpenRecords', request, { organizations: [mspId] }).then(
          () => 'answered',
          (error: unknown) => (error as { code: string }).code,
        ),
      ),
    );
  };
  /** Past the client, which asks for the ticket first. */
  const approvingDirectly = (who: Person, ticket: AudienceTicket): Promise<unknown> => {
    const approval = who.client.emergency.signApproval(ticket);
    return backend().ledger(who.identity).submit('emergency:Approve', approval);
  };
  const byAll = (code: string): string[] => backend().organizations.map(() => code);

  it('is what the physician with an approval does not need to forge', async () => {
    const ticket = await openTicket(ward);
    expect(await read(ward.physician.client, ticket)).toEqual([CONTENT]);
  });

  it('opens nothing without an approval, at any organization', async () => {
    const { ticketId } = await declare(ward);
    expect(await answers(ward.physician, ticketId, ward.prescription.recordId)).toEqual(
      byAll('APPROVALS_MISSING'),
    );
  });

  describe('is not opened by an approval', () => {
    let ticket: AudienceTicket;

    beforeAll(async () => {
      ticket = await declare(ward);
    });

    it("of the reader's own organization, or of the reader", async () => {
      for (const who of [ward.colleague, ward.physician]) {
        expect(await refusalOf(approvingDirectly(who, ticket))).toMatchObject({
          code: 'APPROVAL_REFUSED',
          details: { problem: "it is of the reader's own organization" },
        });
      }
    });

    it('of somebody who has no say', async () => {
      const doctor = await newPhysician(backend(), { mspId: 'HospCMSP' });
      expect(await codeOf(approvingDirectly(doctor, ticket))).toBe('APPROVAL_REFUSED');
    });

    it('that is forged, or was given for something else', async () => {
      const { physician, consultant, officer, patient } = ward;
      const request = await physician.client.emergency.prepare({ patient: patient.userId });
      const genuine = consultant.client.emergency.signApproval(request);
      const forged = {
        body: { ...genuine.body, approver: officer.userId, mspId: 'HospAMSP' },
        signature: genuine.signature,
      };
      const declareWith = (approval: typeof genuine, ticketId = request.ticketId) =>
        physician.client.emergency.declare({
          patient: patient.userId,
          ticketId,
          reason: REASON,
          approvals: [approval],
        });
      expect(await codeOf(declareWith(forged))).toBe('SIGNATURE_INVALID');
      expect(await refusalOf(declareWith(genuine, 'c'.repeat(32)))).toMatchObject({
        code: 'APPROVAL_REFUSED',
        details: { problem: 'it is for another ticketId' },
      });
    });

    it('that its organization has given already', async () => {
      const { patient } = ward;
      await patient.client.emergency.setRule({ approvals: 2 });
      const second = await declare(ward);
      const consultant = await newcomer(backend(), 'emergency-physician', {
        mspId: 'HospCMSP',
        name: 'd.cho',
      });
      await ward.consultant.client.emergency.approve(second.ticketId);
      const again = consultant.client.emergency.approve(second.ticketId);
      expect(await codeOf(again)).toBe('APPROVAL_REFUSED');
      expect(await codeOf(read(ward.physician.client, second))).toBe('APPROVALS_MISSING');
      await patient.client.emergency.setRule();
    });
  });

  it('is useless to another physician, at every organization, and cannot be declared again', async () => {
    const ticket = await openTicket(ward);
    const { ticketId } = ticket;
    for (const thief of [ward.colleague, ward.consultant]) {
      expect(await answers(thief, ticketId, ward.prescription.recordId)).toEqual(
        byAll('TICKET_MISMATCH'),
      );
      const replay = { patient: ward.patient.userId, ticketId, reason: REASON };
      expect(await codeOf(thief.client.emergency.declare(replay))).toBe('TICKET_EXISTS');
    }
  });

  it('opens no sealed record, nor one of another category: nobody has a share', async () => {
    const { patient, physician } = ward;
    const sealed = await file(patient, 'prescription', {
      text: 'disulfiram',
      securityLevel: 'sealed',
    });
    const image = await file(patient, 'medical-imaging');
    const { ticketId } = await openTicket(ward);
    for (const { recordId } of [sealed, image]) {
      expect(await answers(physician, ticketId, recordId)).toEqual(byAll('AUDIENCE_SCOPE_MISSING'));
      const fetching = physician.client.tickets.fetch(ticketId, recordId);
      expect(await codeOf(fetching)).toBe('AUDIENCE_SCOPE_MISSING');
    }
    const listed = await all(physician.client.tickets.records(ticketId));
    expect(listed.map(({ recordId }) => recordId)).toEqual([ward.prescription.recordId]);
  });

  it('is not given to somebody who is no accredited emergency physician', async () => {
    const doctor = await newPhysician(backend());
    const { body } = (await ward.patient.client.emergency.rule())!;
    const declaring = doctor.client.emergency.declare({
      patient: ward.patient.userId,
      reason: REASON,
    });
    expect(await codeOf(declaring)).toBe('AUDIENCE_OPTED_OUT');
    const direct = backend()
      .ledger(doctor.identity)
      .submit('emergency:Declare', {
        ticketId: 'b'.repeat(32),
        audienceId: body.audienceId,
        purpose: 'ETREAT',
        reason: REASON,
        approvals: [],
      });
    expect(await refusalOf(direct)).toMatchObject({
      code: 'READER_REFUSED',
      details: { attribute: 'role' },
    });
  });

  it('ends when an officer says so, and by itself', async () => {
    const { physician, patient, officer, prescription } = ward;
    const early = await openTicket(ward);
    await officer.client.emergency.end(early.ticketId);
    expect(await answers(physician, early.ticketId, prescription.recordId)).toEqual(
      byAll('TICKET_ENDED'),
    );

    await patient.client.emergency.setRule({ ticketMs: 2000 });
    const brief = await openTicket(ward);
    await backend().until(brief.expiresAt);
    expect(await answers(physician, brief.ticketId, prescription.recordId)).toEqual(
      byAll('TICKET_EXPIRED'),
    );
    expect(await codeOf(read(physician.client, brief))).toBe('TICKET_EXPIRED');
    await patient.client.emergency.setRule();
  });

  it("ends with its reader's accreditation", async () => {
    const leaver = await newcomer(backend(), 'emergency-physician', {
      mspId: 'HospBMSP',
      name: 'd.leaver',
    });
    const { ticketId } = await openTicket({ ...ward, physician: leaver });
    const { recordId } = ward.prescription;
    expect(await answers(leaver, ticketId, recordId)).toEqual(byAll('answered'));

    const { identity, keyring } = await backend().admin('HospBMSP');
    const ledger = backend().ledger(identity);
    await using admin = await connect({ ledger, blobs: backend().blobs, keyring });
    await admin.identity.suspend(leaver.userId);
    expect(await answers(leaver, ticketId, recordId)).toEqual(byAll('CALLER_SUSPENDED'));
  });

  describe('that nobody of another hospital has reviewed', () => {
    const publish = async (rule: ReviewRule): Promise<void> => {
      const { identity } = await backend().admin('HospAMSP');
      await publishReviewRule(backend().ledger(identity), rule);
    };

    afterAll(() => publish(DEFAULT_REVIEW_RULE));

    it('keeps its physician from the next one', async () => {
      const hasty = await newcomer(backend(), 'emergency-physician', {
        mspId: 'HospBMSP',
        name: 'd.hasty',
      });
      const ownOfficer = await newcomer(backend(), 'privacy-officer', {
        mspId: 'HospBMSP',
        name: 'o.brown',
      });
      const theirs = { ...ward, physician: hasty };
      const { ticketId, issuedAt } = await declare(theirs);
      await hasty.client.emergency.end(ticketId);
      await publish({ graceMs: 0 });
      await backend().until(issuedAt + 1);
      expect(await refusalOf(declare(theirs))).toMatchObject({
        code: 'REVIEW_OVERDUE',
        details: { ticketId },
      });
      const reviewing = ownOfficer.client.emergency.review(ticketId, 'cleared');
      expect(await codeOf(reviewing)).toBe('REVIEW_REFUSED');
      await ward.officer.client.emergency.review(ticketId, 'contested');
      expect(await declare(theirs)).toMatchObject({ reader: hasty.userId });
    });
  });
});
