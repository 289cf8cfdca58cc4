import { beforeEach, describe, expect, it } from '@jest/globals';
import { categoryScopeId, type Grant } from '@emr-share/model';
import { ORGANIZATIONS, type Organization } from './support/channel.js';
import { HospitalStory, refusal, SCOPE } from './support/hospital-story.js';
import { newId, type Person } from './support/person.js';

let story: HospitalStory;
let grant: Grant;
let grantId: string;

beforeEach(async () => {
  story = await HospitalStory.begin();
  grant = await story.grant();
  grantId = grant.body.grantId;
});

const revoke = (by: Person = story.people.alice): Promise<Grant> =>
  story.channel.submit(by, 'grants:RevokeGrant', { grantId });

const purge = (
  mspId: Organization,
  by: Person = story.people.alice,
  at: Organization = mspId,
): Promise<unknown> =>
  story.channel.submit(by, 'grants:PurgeFragments', { grantId, mspId }, { organizations: [at] });

const close = (by: Person = story.people.alice): Promise<unknown> =>
  story.channel.submit(by, 'grants:CloseGrant', { grantId });

describe('grants:RevokeGrant', () => {
  it.each(['alice', 'dave'] as const)('ends the grant when %s asks for it', async (who) => {
    const { alice } = story.people;
    const revoked = await revoke(story.people[who]);
    expect(revoked).toEqual({ ...grant, status: { state: 'revoked', revokedAt: story.now } });
    expect(await story.channel.evaluate(alice, 'grants:GetGrant', { grantId })).toEqual(revoked);
    expect(story.channel.events.at(-1)).toMatchObject({
      type: 'grant.revoked',
      patient: 'alice',
      actor: story.people[who].userId,
      grantId,
    });
  });

  it('keeps the first moment of revocation at a repeat', async () => {
    const revoked = await revoke();
    story.channel.now += 1000;
    expect(await revoke()).toEqual(revoked);
    expect(story.channel.last.writes.size).toBe(0);
  });

  it('ends a grant that has expired, too', async () => {
    story.channel.now = grant.body.rule.notAfter + 1;
    expect(await revoke()).toMatchObject({ status: { state: 'revoked' } });
  });

  it('refuses everybody else', async () => {
    const { adminA, auditor, bob, carol } = story.people;
    for (const person of [adminA, auditor, bob, carol]) {
      expect(await refusal(revoke(person))).toBe('ROLE_DENIED');
    }
  });

  it('knows no grant that was not made', async () => {
    grantId = newId();
    expect(await refusal(revoke())).toBe('GRANT_NOT_FOUND');
  });
});

describe('grants:PurgeFragments', () => {
  it('removes what the organization holds, and nothing of the others', async () => {
    await revoke();
    expect(await purge('HospAMSP')).toEqual({ grantId, mspId: 'HospAMSP', purged: [SCOPE] });
    expect(story.channel.last.writes.size).toBe(0);
    expect(story.channel.world.privateAddresses().map((address) => address.split('\n')[0])).toEqual(
      ['_implicit_org_HospBMSP', '_implicit_org_HospCMSP'],
    );
  });

  it('may be repeated', async () => {
    await revoke();
    const first = await purge('HospAMSP');
    expect(await purge('HospAMSP')).toEqual(first);
    expect(story.channel.last.privateWrites.size).toBe(0);
  });

  it('removes the fragments of every epoch', async () => {
    const { alice } = story.people;
    const next = categoryScopeId('alice', 'prescription', 1);
    const scopes = [alice.scope(next, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    const signed = { body: grant.body, signature: grant.signature };
    const sealed = alice.sealScope(story.channel, signed, next);
    await story.deposit(signed, [sealed]);
    const request = { grantId, scopes: [sealed.scope] };
    await story.channel.submit(alice, 'grants:ExtendGrant', request);
    await revoke();
    for (const mspId of ORGANIZATIONS) await purge(mspId);
    expect(story.channel.world.privateAddresses()).toEqual([]);
  });

  it('is for the patient and for admins of the organization', async () => {
    const { adminA, adminB, auditor, dave } = story.people;
    await revoke();
    for (const person of [adminB, auditor, dave]) {
      expect(await refusal(purge('HospAMSP', person))).toBe('ROLE_DENIED');
    }
    expect(await purge('HospAMSP', adminA)).toMatchObject({ purged: [SCOPE] });
  });

  it('refuses a grant in force, and takes one that has expired', async () => {
    expect(await refusal(purge('HospAMSP'))).toBe('GRANT_ACTIVE');
    story.channel.now = grant.body.rule.notAfter;
    expect(await purge('HospAMSP')).toMatchObject({ purged: [SCOPE] });
  });

  it('does not believe a timestamp ahead of its own clock', async () => {
    story.channel.now = grant.body.rule.notAfter - 1;
    const at = grant.body.rule.notAfter + 1;
    const call = story.channel.submit(
      story.people.alice,
      'grants:PurgeFragments',
      { grantId, mspId: 'HospAMSP' },
      { organizations: ['HospAMSP'], at },
    );
    expect(await refusal(call)).toBe('GRANT_ACTIVE');
  });

  it('refuses another organization than the one that is asked', async () => {
    await revoke();
    expect(await refusal(purge('HospAMSP', story.people.alice, 'HospBMSP'))).toBe('INPUT_INVALID');
  });
});

describe('grants:GetFragmentStatus', () => {
  it('says who holds what, whoever is asked', async () => {
    const { alice } = story.people;
    await revoke();
    await purge('HospBMSP');
    for (const mspId of ORGANIZATIONS) {
      const { custodians } = await story.channel.evaluate(
        alice,
        'grants:GetFragmentStatus',
        { grantId },
        { organizations: [mspId] },
      );
      expect(custodians).toEqual([
        { mspId: 'HospAMSP', grantId, present: [SCOPE], purged: [] },
        { mspId: 'HospBMSP', grantId, present: [], purged: [SCOPE] },
        { mspId: 'HospCMSP', grantId, present: [SCOPE], purged: [] },
      ]);
    }
  });

  it('is for those who may see the grant', async () => {
    const call = story.channel.evaluate(story.people.bob, 'grants:GetFragmentStatus', { grantId });
    expect(await refusal(call)).toBe('ROLE_DENIED');
  });
});

describe('grants:CloseGrant', () => {
  const purgeAll = async (): Promise<void> => {
    for (const mspId of ORGANIZATIONS) await purge(mspId);
  };

  it('gives a receipt once no organization has a fragment left', async () => {
    const { alice, dave } = story.people;
    await revoke();
    const revokedAt = story.now;
    await purgeAll();
    story.channel.now += 1000;
    const receipt = await close();
    expect(receipt).toEqual({
      grantId,
      revokedAt,
      closedAt: story.now,
      purged: ORGANIZATIONS.map((mspId) => ({ mspId, scopes: [SCOPE] })),
    });
    for (const person of [alice, dave]) {
      expect(await story.channel.evaluate(person, 'grants:GetReceipt', { grantId })).toEqual(
        receipt,
      );
    }
    expect(story.channel.events.at(-1)).toMatchObject({ type: 'grant.closed', grantId });
    story.channel.now += 1000;
    expect(await close()).toEqual(receipt);
  });

  it('refuses as long as one fragment is there', async () => {
    await revoke();
    await purge('HospAMSP');
    await purge('HospBMSP');
    expect(await refusal(close())).toBe('FRAGMENT_PRESENT');
    await purge('HospCMSP');
    expect(await close()).toMatchObject({ grantId });
  });

  it('counts fragments of an extension that was never made', async () => {
    const { alice } = story.people;
    const next = categoryScopeId('alice', 'prescription', 1);
    const scopes = [alice.scope(next, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    const signed = { body: grant.body, signature: grant.signature };
    await story.deposit(signed, [alice.sealScope(story.channel, signed, next)], ['HospBMSP']);
    await revoke();
    const { custodians } = await story.channel.evaluate(alice, 'grants:GetFragmentStatus', {
      grantId,
    });
    expect(custodians[1]).toMatchObject({ mspId: 'HospBMSP', present: [SCOPE, next] });
    await purge('HospAMSP');
    await purge('HospCMSP');
    expect(await refusal(close())).toBe('FRAGMENT_PRESENT');
    await purge('HospBMSP');
    expect(story.channel.world.privateAddresses()).toEqual([]);
    expect(await close()).toMatchObject({
      purged: ORGANIZATIONS.map((mspId) => ({ mspId, scopes: [SCOPE] })),
    });
  });

  it('refuses a grant that was not revoked, even if it has expired and is purged', async () => {
    expect(await refusal(close())).toBe('GRANT_ACTIVE');
    story.channel.now = grant.body.rule.notAfter;
    await purgeAll();
    expect(await refusal(close())).toBe('GRANT_ACTIVE');
  });

  it('is for the patient and for admins of the custodians', async () => {
    const { adminC, auditor, bob, dave } = story.people;
    await revoke();
    await purgeAll();
    for (const person of [auditor, bob, dave]) {
      expect(await refusal(close(person))).toBe('ROLE_DENIED');
    }
    expect(await close(adminC)).toMatchObject({ grantId });
  });

  it('has no receipt before', async () => {
    const { alice, bob } = story.people;
    const read = (by: Person): Promise<unknown> =>
      story.channel.evaluate(by, 'grants:GetReceipt', { grantId });
    expect(await refusal(read(alice))).toBe('RECEIPT_NOT_FOUND');
    expect(await refusal(read(bob))).toBe('ROLE_DENIED');
  });
});
