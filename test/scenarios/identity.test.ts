/**
 * Becoming somebody on the ledger, and ceasing to be.
 */
import { expect, it } from '@jest/globals';
import {
  connect,
  DEFAULT_EMERGENCY_RULE,
  DEFAULT_POLICY,
  Keyring,
  type PolicyTerms,
} from '@emr-share/gateway-client';
import { SCOPE_GROUPS, type Role } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { answerLost, Crash, crashBefore } from '../support/between.js';
import { join, newPatient, newPhysician } from '../support/people.js';
import { codeOf } from '../support/refusal.js';

const DEFAULT_RULE = {
  categories: DEFAULT_EMERGENCY_RULE.categories,
  rule: { kind: 'emergency', approvals: 1, ticketMs: 7_200_000, dutyServices: true },
};

describeOnEachBackend('identity', (backend) => {
  const newcomer = (role: Role = 'patient') =>
    join(backend(), { name: 'p.new', mspId: 'HospAMSP', role });

  it('enrols a patient: registered, with a policy and a scope for each category and all that is sealed', async () => {
    const { client, userId, keyring } = await newcomer();
    const { user, policy, scopes, emergency } = await client.identity.enrolPatient();
    expect(user).toMatchObject({
      userId,
      mspId: 'HospAMSP',
      role: 'patient',
      status: 'active',
      verifyingKey: keyring.verifyingKeyHex,
      readerKey: keyring.readerKeyHex,
    });
    expect(policy).toMatchObject({ ...DEFAULT_POLICY, patient: userId, version: 1 });
    expect(scopes).toEqual(SCOPE_GROUPS.map((group) => `${userId}/${group}/0`));
    expect(emergency?.body).toMatchObject(DEFAULT_RULE);
    expect(await client.identity.enrolPatient()).toEqual({ user, policy, scopes, emergency });
  });

  it.each([
    'registry:RegisterUser',
    'registry:PublishPolicy',
    'registry:PublishScopes',
    'audience:DepositShares',
    'audience:CreateAudience',
  ] as const)(
    'finishes an enrolment whose device died before %s, or that lost its answer',
    async (step) => {
      const person = await newcomer();
      const dying = await person.again({ ledger: crashBefore(step) });
      await expect(dying.identity.enrolPatient()).rejects.toThrow(Crash);
      const deaf = await person.again({ ledger: answerLost(step) });
      const { policy, scopes, emergency } = await deaf.identity.enrolPatient();
      expect([policy.version, scopes.length]).toEqual([1, SCOPE_GROUPS.length]);
      expect(emergency?.body).toMatchObject(DEFAULT_RULE);
      expect(await all(person.client.audiences.list())).toEqual([emergency]);
    },
  );

  it('asks for no emergency rule where the patient opts out, or has done so before', async () => {
    const { client } = await newcomer();
    const { emergency } = await client.identity.enrolPatient({ emergency: false });
    expect(emergency).toBeNull();
    expect(await all(client.audiences.list())).toEqual([]);
    await client.emergency.setRule({ approvals: 2 });
    await client.emergency.optOut();
    expect((await client.identity.enrolPatient()).emergency).toBeNull();
  });

  it('leaves closed categories out of the emergency rule that nobody asked for', async () => {
    const policy = { closedCategories: ['prescription'] } as const;
    const { emergency } = await (await newcomer()).client.identity.enrolPatient({ policy });
    expect(emergency?.body.categories).toEqual(['emergency-summary']);
  });

  it('does not let another keyring in under the same user ID', async () => {
    const { identity } = await newPatient(backend());
    const ledger = backend().ledger(identity);
    const stolen = connect({ ledger, blobs: backend().blobs, keyring: Keyring.random() });
    expect(await codeOf(stolen)).toBe('USER_EXISTS');
  });

  it('does not register in a role that the certificate does not name', async () => {
    const { client } = await newcomer('patient');
    expect(await codeOf(client.identity.register({ role: 'physician' }))).toBe('CALLER_MISMATCH');
    await client.identity.register({ role: 'patient' });
    expect(await codeOf(client.identity.register({ role: 'physician' }))).toBe('CALLER_MISMATCH');
  });

  it('answers nothing to somebody who is certified but not registered', async () => {
    const patient = await newPatient(backend());
    const { client } = await newcomer('physician');
    const request = { patient: patient.userId, category: 'omics', contentType: 'a/b' } as const;
    expect(await codeOf(client.records.upload(new Uint8Array(1), request))).toBe(
      'CALLER_UNREGISTERED',
    );
  });

  it('counts policies up, keeps the terms that are not named, and ignores a repeat', async () => {
    const { client } = await newPatient(backend());
    const publish = (terms?: Partial<PolicyTerms>) => client.identity.publishPolicy(terms);
    const second = await publish({ ticketMs: 60_000 });
    expect(second.body).toMatchObject({ ...DEFAULT_POLICY, version: 2, ticketMs: 60_000 });
    expect(await publish({ purposes: DEFAULT_POLICY.purposes.toReversed() })).toEqual(second);
    expect(await publish()).toEqual(second);
    expect(await codeOf(publish({ ticketMs: -1 }))).toBe('INPUT_INVALID');
  });

  it('shuts a user out who suspends itself after losing a device, or whom the admin suspends', async () => {
    const lost = await newPhysician(backend());
    const dismissed = await newPhysician(backend());
    await lost.client.identity.suspend(lost.userId);
    const { identity, keyring } = await backend().admin('HospBMSP');
    const ledger = backend().ledger(identity);
    const admin = await connect({ ledger, blobs: backend().blobs, keyring });
    expect(await admin.identity.suspend(dismissed.userId)).toMatchObject({ status: 'suspended' });
    for (const { client, userId } of [lost, dismissed]) {
      expect(await client.identity.get(userId)).toMatchObject({ status: 'suspended' });
      expect(await codeOf(client.records.get('0'.repeat(32)))).toBe('CALLER_SUSPENDED');
    }
    const stranger = await newPatient(backend());
    expect(await codeOf(stranger.client.identity.suspend(lost.userId))).toBe('ROLE_DENIED');
  });
});
