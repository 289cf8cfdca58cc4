import { beforeEach, describe, expect, it } from '@jest/globals';
import { SecretKey } from '@emr-share/crypto';
import { categoryScopeId, groupScopeId, recordScopeId } from '@emr-share/model';
import { MAX_CLOCK_SKEW_MS } from '../src/index.js';
import { HospitalStory, refusal, SCOPE } from './support/hospital-story.js';
import { hexOf, newId, Person } from './support/person.js';

let story: HospitalStory;

beforeEach(async () => {
  story = await HospitalStory.begin();
});

const newKeyHex = (): string => hexOf(SecretKey.random().publicKey().toCompressedBytes());

describe('registry:RegisterUser', () => {
  const register = (
    person: Person,
    changes: Parameters<Person['registration']>[1] = {},
  ): Promise<unknown> => {
    const registration = person.registration(story.now, changes);
    return story.channel.submit(person, 'registry:RegisterUser', registration);
  };
  const newcomer = (): Promise<Person> => Person.enrolled('HospBMSP', 'dr.eve', 'physician');

  it('registers the caller and says so in the event', async () => {
    const eve = await newcomer();
    const registration = eve.registration(story.now);
    const user = await story.channel.submit(eve, 'registry:RegisterUser', registration);
    expect(user).toEqual({
      ...registration.body,
      signature: registration.signature,
      status: 'active',
    });
    await expect(
      story.channel.evaluate(eve, 'registry:GetUser', { userId: 'dr.eve' }),
    ).resolves.toEqual(user);
    expect(story.channel.events.at(-1)).toMatchObject({
      type: 'user.registered',
      actor: 'dr.eve',
      subject: 'dr.eve',
      mspId: 'HospBMSP',
    });
  });

  it('puts the registration of a patient into the log of that patient', async () => {
    const { alice } = story.people;
    const { entries } = await story.channel.evaluate(alice, 'audit:ListEntries', {
      patient: 'alice',
    });
    expect(entries.map(({ type }) => type)).toContain('user.registered');
  });

  it('returns the registration to a repeat, long after, and writes nothing', async () => {
    const { carol } = story.people;
    const first = await story.channel.evaluate(carol, 'registry:GetUser', { userId: carol.userId });
    const late = carol.registration(story.now);
    story.channel.now += 86_400_000;
    const again = await story.channel.submit(carol, 'registry:RegisterUser', late);
    expect(again).toEqual(first);
    expect(story.channel.last.writes.size).toBe(0);
  });

  it('refuses other keys for a registered user', async () => {
    const { carol } = story.people;
    expect(await refusal(register(carol, { readerKey: newKeyHex() }))).toBe('USER_EXISTS');
  });

  it.each([
    ['another user ID', { userId: 'dr.mallory' }],
    ['another organization', { mspId: 'HospAMSP' }],
    ['another role', { role: 'auditor' }],
  ] as const)('refuses %s than the certificate says', async (_what, changes) => {
    expect(await refusal(register(await newcomer(), changes))).toBe('CALLER_MISMATCH');
  });

  it('refuses a registration that its verifying key did not sign', async () => {
    const eve = await newcomer();
    expect(await refusal(register(eve, { verifyingKey: newKeyHex() }))).toBe('SIGNATURE_INVALID');
    const { body } = eve.registration(story.now);
    const forged = { body, signature: 'f'.repeat(128) };
    expect(await refusal(story.channel.submit(eve, 'registry:RegisterUser', forged))).toBe(
      'SIGNATURE_INVALID',
    );
  });

  it('refuses a key that is no point of the curve', async () => {
    const readerKey = `02${'f'.repeat(64)}`;
    expect(await refusal(register(await newcomer(), { readerKey }))).toBe('INPUT_INVALID');
  });

  it('refuses a time of registration that is not now', async () => {
    const registeredAt = story.now - MAX_CLOCK_SKEW_MS - 1;
    expect(await refusal(register(await newcomer(), { registeredAt }))).toBe('TIMESTAMP_SKEW');
  });

  it('does not let another organization take over a user ID', async () => {
    const impostor = await Person.enrolled('HospCMSP', 'dr.carol', 'physician');
    expect(await refusal(register(impostor))).toBe('USER_EXISTS');
  });
});

describe('registry:SuspendUser', () => {
  const suspend = (by: Person, userId: string): Promise<unknown> =>
    story.channel.submit(by, 'registry:SuspendUser', { userId });

  it('lets an admin suspend a user of the own organization, who then may do nothing', async () => {
    const { adminB, carol } = story.people;
    const user = await story.channel.submit(adminB, 'registry:SuspendUser', {
      userId: carol.userId,
    });
    expect(user).toMatchObject({ status: 'suspended', suspendedAt: story.now });
    expect(await refusal(story.file())).toBe('CALLER_SUSPENDED');
  });

  it('lets a user suspend itself, once', async () => {
    const { bob } = story.people;
    await suspend(bob, bob.userId);
    expect(await refusal(suspend(bob, bob.userId))).toBe('CALLER_SUSPENDED');
  });

  it('returns the user as it is to a repeat by the admin', async () => {
    const { adminA, bob } = story.people;
    const first = await suspend(adminA, bob.userId);
    story.channel.now += 1000;
    expect(await suspend(adminA, bob.userId)).toEqual(first);
    expect(story.channel.last.writes.size).toBe(0);
  });

  it('is not undone by registering again', async () => {
    const { adminA, bob } = story.people;
    await suspend(adminA, bob.userId);
    const again = await story.channel.submit(
      bob,
      'registry:RegisterUser',
      bob.registration(story.now),
    );
    expect(again.status).toBe('suspended');
  });

  it('refuses an admin of another organization, and users', async () => {
    const { adminA, alice, carol } = story.people;
    expect(await refusal(suspend(adminA, carol.userId))).toBe('ROLE_DENIED');
    expect(await refusal(suspend(alice, carol.userId))).toBe('ROLE_DENIED');
  });

  it('refuses an unknown user', async () => {
    expect(await refusal(suspend(story.people.adminA, 'nobody'))).toBe('USER_NOT_FOUND');
  });
});

describe('registry:GetUser', () => {
  it('answers before registration', async () => {
    const eve = await Person.enrolled('HospBMSP', 'dr.eve', 'physician');
    const user = await story.channel.evaluate(eve, 'registry:GetUser', { userId: 'alice' });
    expect(user.role).toBe('patient');
    expect(
      await refusal(story.channel.evaluate(eve, 'registry:GetUser', { userId: 'dr.eve' })),
    ).toBe('USER_NOT_FOUND');
  });
});

describe('registry:PublishCustodian', () => {
  const publish = (
    by: Person,
    mspId: string,
    publicKey: string,
    generation: number,
  ): Promise<unknown> =>
    story.channel.submit(by, 'registry:PublishCustodian', { mspId, publicKey, generation });

  it('publishes the key that the contract service holds', async () => {
    const { custodians } = await story.channel.evaluate(
      story.people.alice,
      'registry:ListCustodians',
      {},
    );
    expect(
      custodians.map(({ mspId, publicKey, generation }) => [mspId, publicKey, generation]),
    ).toEqual(
      (['HospAMSP', 'HospBMSP', 'HospCMSP'] as const).map((mspId) => [
        mspId,
        hexOf(story.channel.custodians[mspId].secret(1).publicKey().toCompressedBytes()),
        1,
      ]),
    );
  });

  it('takes the next generation, and a repeat of it', async () => {
    const { adminA } = story.people;
    const publicKey = newKeyHex();
    const first = await publish(adminA, 'HospAMSP', publicKey, 2);
    expect(first).toMatchObject({ generation: 2, publicKey });
    expect(await publish(adminA, 'HospAMSP', publicKey, 2)).toEqual(first);
  });

  it('refuses a generation that was taken or left out', async () => {
    const { adminA } = story.people;
    for (const generation of [1, 3]) {
      const call = publish(adminA, 'HospAMSP', newKeyHex(), generation);
      expect(await refusal(call)).toBe('CUSTODIAN_STALE');
    }
  });

  it('refuses everybody but an admin of the organization', async () => {
    const { adminA, alice } = story.people;
    expect(await refusal(publish(adminA, 'HospBMSP', newKeyHex(), 2))).toBe('ROLE_DENIED');
    expect(await refusal(publish(alice, 'HospAMSP', newKeyHex(), 2))).toBe('ROLE_DENIED');
  });

  it('refuses bytes that are no key', async () => {
    const call = publish(story.people.adminA, 'HospAMSP', `03${'0'.repeat(64)}`, 2);
    expect(await refusal(call)).toBe('INPUT_INVALID');
  });
});

describe('registry:PublishScopes', () => {
  const epoch = (n: number, category = 'prescription' as const): string =>
    categoryScopeId('alice', category, n);
  const publish = (by: Person, ...scopes: ReturnType<Person['scope']>[]): Promise<unknown> =>
    story.channel.submit(by, 'registry:PublishScopes', { scopes });

  it('starts a category at epoch 0 and goes on by one', async () => {
    const { alice } = story.people;
    const first = categoryScopeId('alice', 'omics', 0);
    await publish(alice, alice.scope(first, story.now), alice.scope(epoch(1), story.now));
    for (const [group, scopeId] of [
      ['omics', first],
      ['prescription', epoch(1)],
    ] as const) {
      const request = { patient: 'alice', group };
      const { body } = await story.channel.evaluate(alice, 'registry:GetCurrentScope', request);
      expect(body.scopeId).toBe(scopeId);
    }
    expect(story.channel.events.at(-1)).toMatchObject({
      type: 'scope.published',
      patient: 'alice',
    });
  });

  it('publishes several epochs of a category in one call', async () => {
    const { alice } = story.people;
    await publish(alice, alice.scope(epoch(1), story.now), alice.scope(epoch(2), story.now));
    const request = { patient: 'alice', group: 'prescription' } as const;
    const { body } = await story.channel.evaluate(alice, 'registry:GetCurrentScope', request);
    expect(body.scopeId).toBe(epoch(2));
  });

  it('counts the epochs of sealed records apart from those of every category', async () => {
    const { alice } = story.people;
    const first = groupScopeId('alice', 'sealed', 0);
    const next = groupScopeId('alice', 'sealed', 1);
    expect(await refusal(publish(alice, alice.scope(next, story.now)))).toBe('SCOPE_STALE');
    await publish(alice, alice.scope(first, story.now), alice.scope(next, story.now));
    for (const [group, scopeId] of [
      ['sealed', next],
      ['prescription', SCOPE],
    ] as const) {
      const request = { patient: 'alice', group };
      const { body } = await story.channel.evaluate(alice, 'registry:GetCurrentScope', request);
      expect(body.scopeId).toBe(scopeId);
    }
  });

  it('leaves a scope as it is when the same key is published again', async () => {
    const { alice } = story.people;
    const before = await story.channel.evaluate(alice, 'registry:GetScope', { scopeId: SCOPE });
    const answer = await publish(alice, alice.scope(SCOPE, story.now + 1));
    expect(answer).toEqual({ published: [SCOPE] });
    expect(story.channel.last.writes.size).toBe(0);
    const after = await story.channel.evaluate(alice, 'registry:GetScope', { scopeId: SCOPE });
    expect(after).toEqual(before);
  });

  it('refuses another key for a published scope', async () => {
    const { alice } = story.people;
    const other = alice.scope(SCOPE, story.now, { delegatingKey: newKeyHex() });
    expect(await refusal(publish(alice, other))).toBe('SCOPE_EXISTS');
  });

  it('refuses a gap between epochs', async () => {
    const { alice } = story.people;
    expect(await refusal(publish(alice, alice.scope(epoch(2), story.now)))).toBe('SCOPE_STALE');
    const omics = categoryScopeId('alice', 'omics', 1);
    expect(await refusal(publish(alice, alice.scope(omics, story.now)))).toBe('SCOPE_STALE');
  });

  it('takes a record scope for an own record only', async () => {
    const { alice, bob } = story.people;
    const { recordId } = await story.file();
    const own = recordScopeId('alice', recordId);
    await publish(alice, alice.scope(own, story.now));
    expect(story.channel.last.writes.size).toBeGreaterThan(0);
    const foreign = recordScopeId('bob', recordId);
    expect(await refusal(publish(bob, bob.scope(foreign, story.now)))).toBe('ACCESS_DENIED');
    const missing = recordScopeId('alice', newId());
    expect(await refusal(publish(alice, alice.scope(missing, story.now)))).toBe('RECORD_NOT_FOUND');
  });

  it('refuses the scope of another patient', async () => {
    const { alice, bob } = story.people;
    const scope = alice.scope(epoch(1), story.now);
    expect(await refusal(publish(bob, scope))).toBe('SIGNER_MISMATCH');
    const posing = bob.scope(epoch(1), story.now);
    expect(await refusal(publish(bob, posing))).toBe('INPUT_INVALID');
  });

  it('refuses callers who are no patients', async () => {
    const { carol } = story.people;
    const scope = carol.scope(categoryScopeId(carol.userId, 'omics', 0), story.now);
    expect(await refusal(publish(carol, scope))).toBe('ROLE_DENIED');
  });

  it('refuses a scope that somebody else signed, or at another time', async () => {
    const { alice, bob } = story.people;
    const { body } = alice.scope(epoch(1), story.now);
    expect(await refusal(publish(alice, bob.sign('scope', body)))).toBe('SIGNATURE_INVALID');
    const old = alice.scope(epoch(1), story.now - MAX_CLOCK_SKEW_MS - 1);
    expect(await refusal(publish(alice, old))).toBe('TIMESTAMP_SKEW');
  });

  it('publishes all or none', async () => {
    const { alice } = story.people;
    const good = alice.scope(epoch(1), story.now);
    const gap = alice.scope(epoch(3), story.now);
    expect(await refusal(publish(alice, good, gap))).toBe('SCOPE_STALE');
    const call = story.channel.evaluate(alice, 'registry:GetScope', { scopeId: epoch(1) });
    expect(await refusal(call)).toBe('SCOPE_NOT_FOUND');
  });
});

describe('registry:GetCurrentScope', () => {
  it.each(['omics', 'sealed'] as const)(
    'refuses what the patient has not opened: %s',
    async (group) => {
      const request = { patient: 'alice', group };
      const call = story.channel.evaluate(story.people.carol, 'registry:GetCurrentScope', request);
      expect(await refusal(call)).toBe('SCOPE_NOT_FOUND');
    },
  );
});

describe('registry:PublishPolicy', () => {
  const publish = (by: Person, policy: ReturnType<Person['policy']>): Promise<unknown> =>
    story.channel.submit(by, 'registry:PublishPolicy', policy);

  it('takes the next version and keeps the old one', async () => {
    const { alice } = story.people;
    const next = alice.policy(story.now, { version: 2, ticketMs: 5000 });
    await publish(alice, next);
    const current = await story.channel.evaluate(alice, 'registry:GetPolicy', { patient: 'alice' });
    expect(current).toEqual(next);
    const request = { patient: 'alice', version: 1 };
    const first = await story.channel.evaluate(alice, 'registry:GetPolicy', request);
    expect(first.body.ticketMs).toBe(60_000);
    expect(story.channel.events.at(-1)).toMatchObject({ type: 'policy.published' });
  });

  it('returns the policy to a repeat, also of an old version, long after', async () => {
    const { alice } = story.people;
    const second = alice.policy(story.now, { version: 2 });
    await publish(alice, second);
    await publish(alice, alice.policy(story.now, { version: 3 }));
    story.channel.now += 86_400_000;
    expect(await publish(alice, second)).toEqual(second);
    expect(story.channel.last.writes.size).toBe(0);
  });

  it('refuses a version that was taken or left out', async () => {
    const { alice } = story.people;
    for (const version of [1, 3]) {
      const policy = alice.policy(story.now, { version, ticketMs: 7000 });
      expect(await refusal(publish(alice, policy))).toBe('POLICY_STALE');
    }
  });

  it('refuses the policy of another patient, a forged one, an old one, and other roles', async () => {
    const { alice, bob, carol } = story.people;
    const policy = alice.policy(story.now, { version: 2 });
    expect(await refusal(publish(bob, policy))).toBe('SIGNER_MISMATCH');
    expect(await refusal(publish(alice, bob.sign('policy', policy.body)))).toBe(
      'SIGNATURE_INVALID',
    );
    expect(await refusal(publish(carol, carol.policy(story.now)))).toBe('ROLE_DENIED');
    const old = alice.policy(story.now - MAX_CLOCK_SKEW_MS - 1, { version: 2 });
    expect(await refusal(publish(alice, old))).toBe('TIMESTAMP_SKEW');
  });

  it('has no policy of somebody who published none', async () => {
    const request = { patient: 'dr.carol' };
    const call = story.channel.evaluate(story.people.alice, 'registry:GetPolicy', request);
    expect(await refusal(call)).toBe('POLICY_NOT_FOUND');
  });
});
