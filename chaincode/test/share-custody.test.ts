import { beforeEach, describe, expect, it } from '@jest/globals';
import { implicitCollection, type Audience, type ShareRef } from '@emr-share/model';
import { EmergencyStory } from './support/emergency-story.js';
import { refusal, SCOPE } from './support/hospital-story.js';
import { hexOf } from './support/person.js';
import { emergencyRule, sharesFor } from './support/shares.js';

const A = 'HospAMSP';

let story: EmergencyStory;

beforeEach(async () => {
  story = await EmergencyStory.begin();
});

const refOf = ({ body: { audienceId } }: Audience): ShareRef => ({ audienceId, scopeId: SCOPE });

/** HospA makes its next key and publishes it. */
async function publishNext(generation: number): Promise<void> {
  const { adminA } = story.people;
  story.channel.custodians[A].add(generation);
  const key = story.channel.custodians[A].secret(generation).publicKey();
  const publicKey = hexOf(key.toCompressedBytes());
  const request = { mspId: A, publicKey, generation };
  await story.channel.submit(adminA, 'registry:PublishCustodian', request);
}

const reseal = (shares: ShareRef[], generation: number, by = story.people.adminA) =>
  story.channel.submit(
    by,
    'audience:ResealShares',
    { mspId: A, generation, shares },
    { organizations: [A] },
  );

const outdated = (generation: number, by = story.people.adminA) =>
  story.channel.evaluate(
    by,
    'audience:ListOutdatedShares',
    { mspId: A, generation },
    { organizations: [A] },
  );

describe('shares in the change of a custodian key', () => {
  it('go over to the new key, so that the old one is not needed to open records', async () => {
    const audience = await story.audience();
    const record = await story.hospital.file();
    const ticket = await story.opened(audience);
    await publishNext(2);
    expect(await outdated(2)).toEqual({ acceptedFrom: 1, shares: [refOf(audience)] });
    const resealed = { mspId: A, resealed: [refOf(audience)], unreadable: [] };
    expect(await reseal([refOf(audience)], 2)).toEqual(resealed);
    const { writes, privateWrites } = story.channel.last;
    expect([writes.size, privateWrites.size]).toEqual([0, 1]);
    expect((await outdated(2)).shares).toEqual([]);
    expect(await reseal([refOf(audience)], 2)).toMatchObject({ resealed: [] });
    story.channel.custodians[A].destroy(1);
    const answers = {
      [A]: await story.partial(ticket.ticketId, record.recordId, A),
      HospCMSP: await story.partial(ticket.ticketId, record.recordId, 'HospCMSP'),
    };
    expect(story.open(audience, ticket, record, answers)).toHaveLength(32);
  });

  it('stay in their place, and are not put back by a repeated deposit', async () => {
    await publishNext(2);
    const { audience, scopes } = story.draft();
    await story.deposit(audience, scopes);
    const made = await story.create(audience, scopes);
    const other = await story.audience();
    await reseal([refOf(made), refOf(other)], 2);
    const { world } = story.channel;
    const addressOf = ({ body: { audienceId } }: Audience): string =>
      world
        .privateAddresses()
        .find((one) => one.startsWith(implicitCollection(A)) && one.includes(audienceId))!;
    world.overwritePrivate(addressOf(other), world.privateValue(addressOf(made)));
    const record = await story.hospital.file();
    const { ticketId } = await story.opened(other);
    expect(await refusal(story.partial(ticketId, record.recordId, A))).toBe('SHARE_INVALID');
    const before = hexOf(world.privateValue(addressOf(made)));
    await story.channel.submit(
      story.people.alice,
      'audience:DepositShares',
      { audienceId: audience.body.audienceId, mspId: A },
      { organizations: [A], transient: sharesFor(A, audience, scopes) },
    );
    expect(hexOf(world.privateValue(addressOf(made)))).toBe(before);
  });

  it('are left with the old key where the grant has ended, or never was', async () => {
    const { alice } = story.people;
    const ended = await story.audience();
    const rule = emergencyRule(story.now, { notAfter: story.now + 1000 });
    const over = await story.audience(rule);
    const { audience, scopes } = story.draft();
    await story.deposit(audience, scopes);
    await publishNext(2);
    const { audienceId } = ended.body;
    await story.channel.submit(alice, 'audience:EndAudience', { audienceId });
    story.channel.now += 1000;
    expect((await outdated(2)).shares).toEqual([]);
    const never = { audienceId: audience.body.audienceId, scopeId: SCOPE };
    expect(await reseal([refOf(ended), refOf(over), never], 2)).toMatchObject({ resealed: [] });
    expect(story.channel.last.privateWrites.size).toBe(0);
  });

  it('are named where no key opens them', async () => {
    const [good, bad] = [await story.audience(), await story.audience()];
    await publishNext(2);
    const { world } = story.channel;
    const address = world
      .privateAddresses()
      .find((one) => one.startsWith(implicitCollection(A)) && one.includes(bad.body.audienceId))!;
    world.overwritePrivate(address, new Uint8Array(90).fill(2));
    expect(await reseal([refOf(good), refOf(bad)], 2)).toMatchObject({
      resealed: [refOf(good)],
      unreadable: [refOf(bad)],
    });
  });

  it('are the own admin’s to see to, with a key that is held', async () => {
    const audience = await story.audience();
    const { adminB, officerA } = story.people;
    expect(await refusal(reseal([refOf(audience)], 2))).toBe('CUSTODIAN_STALE');
    for (const one of [adminB, officerA]) {
      expect(await refusal(reseal([refOf(audience)], 1, one))).toBe('ROLE_DENIED');
      expect(await refusal(outdated(1, one))).toBe('ROLE_DENIED');
    }
  });
});
