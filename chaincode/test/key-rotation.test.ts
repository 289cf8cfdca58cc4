import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  categoryScopeId,
  type KeyRotationBody,
  type SignedScope,
  type User,
} from '@emr-share/model';
import { MAX_CLOCK_SKEW_MS } from '../src/index.js';
import { ORGANIZATIONS } from './support/channel.js';
import { HospitalStory, refusal, SCOPE } from './support/hospital-story.js';
import type { Person } from './support/person.js';
import { depositFor } from './support/person.js';
import { emergencyRule, sharesFor, shareScope, signedAudience } from './support/shares.js';

const NEXT = categoryScopeId('alice', 'prescription', 1);

let story: HospitalStory;
/** Alice with the keys of a fresh seed. */
let renewed: Person;

beforeEach(async () => {
  story = await HospitalStory.begin();
  renewed = story.people.alice.renewed();
  story.channel.now += 60_000;
});

interface Asked {
  readonly by?: Person;
  readonly former?: Person;
  readonly to?: Person;
  readonly changes?: Partial<KeyRotationBody>;
  readonly scopes?: readonly SignedScope[];
}

/** Alice, or who is named, goes over to new keys. */
function rotate({ by, former, to, changes, scopes }: Asked = {}): Promise<User> {
  const { alice } = story.people;
  const rotation = (to ?? renewed).rotation(former ?? alice, story.now, changes);
  const own = [(to ?? renewed).scope(NEXT, story.now)];
  return story.channel.submit(by ?? alice, 'registry:RotateKeys', {
    rotation,
    scopes: [...(scopes ?? own)],
  });
}

const historyOf = (userId: string) =>
  story.channel.evaluate(story.people.dave, 'registry:GetKeyHistory', { userId });

describe('registry:RotateKeys', () => {
  it('puts new keys in force, keeps the registration, and says so in the event', async () => {
    const { alice } = story.people;
    const before = await story.channel.evaluate(alice, 'registry:GetUser', { userId: 'alice' });
    const user = await rotate();
    const { body } = renewed.rotation(alice, story.now);
    expect(user).toEqual({
      ...before,
      verifyingKey: body.verifyingKey,
      readerKey: body.readerKey,
      keyNumber: 1,
      keysSince: story.now,
      registered: { verifyingKey: before.verifyingKey, readerKey: before.readerKey },
    });
    expect(story.channel.events.at(-1)).toMatchObject({
      type: 'keys.rotated',
      patient: 'alice',
      subject: 'alice',
    });
    const { rotations } = await historyOf('alice');
    expect(rotations.map((one) => one.body.verifyingKey)).toEqual([body.verifyingKey]);
  });

  it('starts the next epoch of each group under the new seed, in the same transaction', async () => {
    await rotate();
    const request = { patient: 'alice', group: 'prescription' } as const;
    const { alice, carol } = story.people;
    const scope = await story.channel.evaluate(alice, 'registry:GetCurrentScope', request);
    expect(scope).toEqual(expect.objectContaining({ body: renewed.scope(NEXT, story.now).body }));
    const late = carol.record(alice, story.now, {}, SCOPE);
    expect(await refusal(story.channel.submit(carol, 'records:FileRecord', late))).toBe(
      'SCOPE_STALE',
    );
  });

  it.each([
    ['none', () => []],
    ['one twice', () => [renewed.scope(NEXT, story.now), renewed.scope(NEXT, story.now)]],
    [
      'a group that has none yet',
      () => [
        renewed.scope(NEXT, story.now),
        renewed.scope(categoryScopeId('alice', 'omics', 0), story.now),
      ],
    ],
    [
      'that of another group',
      () => [renewed.scope(categoryScopeId('alice', 'omics', 0), story.now)],
    ],
  ])('refuses to bring, of the next epochs, %s', async (_what, scopes) => {
    expect(await refusal(rotate({ scopes: scopes() }))).toBe('ROTATION_REFUSED');
  });

  it('refuses next epochs that the former key signed, or that leave one out', async () => {
    const { alice } = story.people;
    const former = [alice.scope(NEXT, story.now)];
    expect(await refusal(rotate({ scopes: former }))).toBe('SIGNATURE_INVALID');
    const gap = [renewed.scope(categoryScopeId('alice', 'prescription', 2), story.now)];
    expect(await refusal(rotate({ scopes: gap }))).toBe('SCOPE_STALE');
  });

  it('takes new keys of somebody who has no scopes', async () => {
    const { carol } = story.people;
    const next = carol.renewed();
    const user = await rotate({ by: carol, former: carol, to: next, scopes: [] });
    expect(user).toMatchObject({ userId: carol.userId, keyNumber: 1 });
    expect(story.channel.events.at(-1)).not.toHaveProperty('patient');
  });

  it('answers a repeat, also a late one, with the user as it stands, and changes nothing', async () => {
    const { alice } = story.people;
    const first = { rotation: renewed.rotation(alice, story.now), scopes: [] };
    const scopes = [renewed.scope(NEXT, story.now)];
    await story.channel.submit(alice, 'registry:RotateKeys', { ...first, scopes });
    story.channel.now += 60_000;
    const third = alice.renewed();
    const again = await rotate({
      former: renewed,
      to: third,
      changes: { number: 2 },
      scopes: [third.scope(categoryScopeId('alice', 'prescription', 2), story.now)],
    });
    expect(again).toMatchObject({ keyNumber: 2 });
    expect(await story.channel.submit(alice, 'registry:RotateKeys', first)).toEqual(again);
    expect(story.channel.last.writes.size).toBe(0);
    expect((await historyOf('alice')).rotations.map(({ body }) => body.number)).toEqual([1, 2]);
  });

  it.each([
    ['skips a number', { number: 2 }],
    ['names another key as the former one', { previousVerifyingKey: `02${'11'.repeat(32)}` }],
  ])('refuses a rotation that %s', async (_what, changes) => {
    expect(await refusal(rotate({ changes }))).toBe('ROTATION_STALE');
  });

  it('refuses another rotation of the same number', async () => {
    await rotate();
    const other = story.people.alice.renewed();
    expect(await refusal(rotate({ to: other }))).toBe('ROTATION_STALE');
  });

  it('refuses one that is not signed by both keys', async () => {
    const { alice, bob } = story.people;
    const rotation = renewed.rotation(alice, story.now);
    const scopes = [renewed.scope(NEXT, story.now)];
    const submit = (changes: Partial<typeof rotation>): Promise<unknown> =>
      story.channel.submit(alice, 'registry:RotateKeys', {
        rotation: { ...rotation, ...changes },
        scopes,
      });
    const { signature: foreign } = bob.sign('key-rotation', rotation.body);
    expect(await refusal(submit({ signature: rotation.possession }))).toBe('SIGNATURE_INVALID');
    expect(await refusal(submit({ signature: foreign }))).toBe('SIGNATURE_INVALID');
    expect(await refusal(submit({ possession: rotation.signature }))).toBe('SIGNATURE_INVALID');
  });

  it("refuses another certificate than the user's own", async () => {
    expect(await refusal(rotate({ by: story.people.bob }))).toBe('SIGNER_MISMATCH');
  });

  it('refuses keys that were in force before, and a time that is not now or goes back', async () => {
    const { alice } = story.people;
    const { readerKey } = alice.registration(0).body;
    expect(await refusal(rotate({ changes: { readerKey } }))).toBe('ROTATION_REFUSED');
    expect(await refusal(rotate({ to: alice }))).toBe('ROTATION_REFUSED');
    const back = { rotatedAt: story.now - 60_000 };
    expect(await refusal(rotate({ changes: back }))).toBe('ROTATION_REFUSED');
    const late = { rotatedAt: story.now + MAX_CLOCK_SKEW_MS + 1 };
    expect(await refusal(rotate({ changes: late }))).toBe('TIMESTAMP_SKEW');
  });

  it('refuses a key that is no point of the curve', async () => {
    const readerKey = `02${'f'.repeat(64)}`;
    expect(await refusal(rotate({ changes: { readerKey } }))).toBe('INPUT_INVALID');
  });
});

describe('after a rotation', () => {
  it('refuses what the former key signs, whatever its date', async () => {
    const { alice, carol, dave } = story.people;
    const grant = story.draft();
    await story.deposit(grant.grant, grant.scopes);
    const former = { scopes: [alice.scope(NEXT, story.now)] };
    await rotate();
    const { channel } = story;
    const calls = [
      channel.submit(alice, 'registry:PublishScopes', former),
      channel.submit(alice, 'registry:PublishPolicy', alice.policy(story.now, { version: 2 })),
      channel.submit(alice, 'grants:CreateGrant', {
        grant: grant.grant,
        scopes: grant.scopes.map(({ scope }) => scope),
      }),
      story.deposit(alice.grant(dave, story.now - 60_000), grant.scopes),
    ];
    for (const call of calls) expect(await refusal(call)).toBe('SIGNATURE_INVALID');

    await rotate({ by: carol, former: carol, to: carol.renewed(), scopes: [] });
    const record = carol.record(alice, story.now - 1000, {}, NEXT);
    expect(await refusal(channel.submit(carol, 'records:FileRecord', record))).toBe(
      'SIGNATURE_INVALID',
    );
  });

  it('takes what the new key signs', async () => {
    const { alice } = story.people;
    await rotate();
    const policy = renewed.policy(story.now, { version: 2 });
    await expect(story.channel.submit(alice, 'registry:PublishPolicy', policy)).resolves.toEqual(
      policy,
    );
  });

  it('goes on to answer for a grant of the former keys, and extends it under the new ones', async () => {
    const { alice, dave } = story.people;
    const record = await story.file();
    const grant = await story.grant();
    await rotate();
    const ticketId = await story.ticket(grant, record);
    const cfrags = [
      await story.cfrag(ticketId, 'HospAMSP'),
      await story.cfrag(ticketId, 'HospBMSP'),
    ];
    expect(story.open(record, cfrags)).toHaveLength(32);

    const sealed = renewed.sealScope(story.channel, grant, NEXT);
    await story.deposit({ body: grant.body, signature: grant.signature }, [sealed]);
    const { grantId } = grant.body;
    const extended = await story.channel.submit(alice, 'grants:ExtendGrant', {
      grantId,
      scopes: [sealed.scope],
    });
    expect(extended.scopes.map(({ body }) => body.scopeId)).toEqual([SCOPE, NEXT]);
    const { grants } = await story.channel.evaluate(dave, 'grants:ListGrants', { as: 'grantee' });
    expect(grants[0]?.scopes).toEqual(extended.scopes);
  });

  it('takes no deposit for a grant that only the former key signed', async () => {
    const { alice, dave } = story.people;
    await rotate();
    const forged = alice.grant(dave, story.now - 60_000);
    const sealed = renewed.sealScope(story.channel, forged, NEXT);
    for (const mspId of ORGANIZATIONS) {
      const deposit = story.channel.submit(
        alice,
        'grants:DepositFragments',
        { grantId: forged.body.grantId, mspId },
        { organizations: [mspId], transient: depositFor(mspId, forged, [sealed]) },
      );
      expect(await refusal(deposit)).toBe('SIGNATURE_INVALID');
    }
  });

  it('seals fragments of grants of the former keys to a new custodian key', async () => {
    const grant = await story.grant();
    await rotate();
    const { adminA } = story.people;
    story.channel.custodians.HospAMSP.add(2);
    const organizations = ['HospAMSP'] as const;
    const key = await story.channel.evaluate(
      adminA,
      'registry:GetCustodianKey',
      { generation: 2 },
      { organizations },
    );
    await story.channel.submit(adminA, 'registry:PublishCustodian', {
      mspId: 'HospAMSP',
      publicKey: key.publicKey,
      generation: 2,
    });
    const { grantId } = grant.body;
    const fragments = [{ grantId, scopeId: SCOPE }];
    const resealed = await story.channel.submit(
      adminA,
      'grants:ResealFragments',
      { mspId: 'HospAMSP', generation: 2, fragments },
      { organizations },
    );
    expect(resealed).toMatchObject({ resealed: fragments, unreadable: [] });
  });

  it('extends an audience grant of the former keys with shares of a new scope', async () => {
    const { alice } = story.people;
    const audience = signedAudience(alice, emergencyRule(story.now), story.now);
    const first = shareScope(alice, story.channel, audience, SCOPE);
    const { audienceId } = audience.body;
    const depositAll = async (shared: typeof first): Promise<void> => {
      for (const mspId of audience.body.custodians as (typeof ORGANIZATIONS)[number][]) {
        await story.channel.submit(
          alice,
          'audience:DepositShares',
          { audienceId, mspId },
          { organizations: [mspId], transient: sharesFor(mspId, audience, [shared]) },
        );
      }
    };
    await depositAll(first);
    const scopes = [first.scope];
    await story.channel.submit(alice, 'audience:CreateAudience', { audience, scopes });
    await rotate();
    const next = shareScope(renewed, story.channel, audience, NEXT);
    await depositAll(next);
    const extended = await story.channel.submit(alice, 'audience:ExtendAudience', {
      audienceId,
      scopes: [next.scope],
    });
    expect(extended.scopes.map(({ body }) => body.scopeId)).toEqual([SCOPE, NEXT]);
  });
});
