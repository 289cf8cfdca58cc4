import { beforeEach, describe, expect, it } from '@jest/globals';
import { implicitCollection, type FragmentRef, type Grant } from '@emr-share/model';
import type { Organization } from './support/channel.js';
import { HospitalStory, refusal, SCOPE } from './support/hospital-story.js';
import { depositFor, hexOf } from './support/person.js';

const A = 'HospAMSP';

let story: HospitalStory;

beforeEach(async () => {
  story = await HospitalStory.begin();
});

const refOf = (grant: Grant): FragmentRef => ({ grantId: grant.body.grantId, scopeId: SCOPE });

/** HospA makes its next key and publishes it. */
async function publishNext(generation: number): Promise<void> {
  const { adminA } = story.people;
  story.channel.custodians[A].add(generation);
  const { publicKey } = await story.channel.evaluate(
    adminA,
    'registry:GetCustodianKey',
    { generation },
    { organizations: [A] },
  );
  const request = { mspId: A, publicKey, generation };
  await story.channel.submit(adminA, 'registry:PublishCustodian', request);
}

const retire = (acceptedFrom: number, by = story.people.adminA) =>
  story.channel.submit(by, 'registry:RetireCustodian', { mspId: A, acceptedFrom });

const reseal = (fragments: FragmentRef[], generation: number, by = story.people.adminA) =>
  story.channel.submit(
    by,
    'grants:ResealFragments',
    { mspId: A, generation, fragments },
    { organizations: [A] },
  );

const outdated = async (generation: number): Promise<readonly FragmentRef[]> => {
  const { fragments } = await story.channel.evaluate(
    story.people.adminA,
    'grants:ListOutdatedFragments',
    { mspId: A, generation },
    { organizations: [A] },
  );
  return fragments;
};

const stored = (grant: Grant, mspId: Organization = A): Uint8Array => {
  const address = story.channel.world
    .privateAddresses()
    .find((one) => one.startsWith(implicitCollection(mspId)) && one.includes(grant.body.grantId));
  return story.channel.world.privateValue(address!);
};

describe('registry:RetireCustodian', () => {
  it('raises the oldest generation that is accepted, and takes a repeat', async () => {
    await publishNext(2);
    const retired = await retire(2);
    expect(retired).toMatchObject({ mspId: A, generation: 2, acceptedFrom: 2 });
    expect(await retire(2)).toEqual(retired);
    expect(await retire(1)).toEqual(retired);
    expect(
      story.channel.events.map(({ type }) => type).filter((t) => t.includes('retired')),
    ).toEqual(['custodian.retired']);
  });

  it('refuses a generation that is not published, and everybody but the own admin', async () => {
    expect(await refusal(retire(2))).toBe('CUSTODIAN_STALE');
    expect(await refusal(retire(1, story.people.adminB))).toBe('ROLE_DENIED');
    expect(await refusal(retire(1, story.people.alice))).toBe('ROLE_DENIED');
  });
});

describe('registry:GetCustodianKey', () => {
  const ask = (generation?: number) =>
    story.channel.evaluate(
      story.people.adminA,
      'registry:GetCustodianKey',
      { generation },
      { organizations: [A] },
    );

  it('gives the published key, or the one asked for, and tells which are held', async () => {
    story.channel.custodians[A].add(2);
    expect(await ask()).toMatchObject({ generation: 1, held: [1, 2] });
    const second = await ask(2);
    expect(second.publicKey).toBe(
      hexOf(story.channel.custodians[A].secret(2).publicKey().toCompressedBytes()),
    );
    expect(await refusal(ask(3))).toBe('CUSTODIAN_STALE');
  });

  it('gives the newest key where the published one is lost', async () => {
    story.channel.custodians[A].add(2);
    story.channel.custodians[A].destroy(1);
    expect(await ask()).toMatchObject({ generation: 2, held: [2] });
  });
});

describe('a grant in the time of two custodian keys', () => {
  it('may name either key until the old one is retired', async () => {
    await publishNext(2);
    await expect(story.grant()).resolves.toMatchObject({ status: { state: 'active' } });
    await retire(2);
    expect(await refusal(story.grant())).toBe('CUSTODIAN_STALE');
  });

  it('is refused by every organization where it was deposited before the key was retired', async () => {
    await publishNext(2);
    const { grant, scopes } = story.draft();
    await story.deposit(grant, scopes);
    await retire(2);
    const request = { grant, scopes: scopes.map(({ scope }) => scope) };
    const create = story.channel.submit(story.people.alice, 'grants:CreateGrant', request);
    expect(await refusal(create)).toBe('CUSTODIAN_STALE');
  });

  it('may not name a key that is not published', async () => {
    const { grant } = story.draft();
    for (const keys of Object.values(story.channel.custodians)) keys.add(2);
    const { alice } = story.people;
    const sealed = alice.sealScope(story.channel, grant, SCOPE, { generation: 2 });
    expect(await refusal(story.deposit(grant, [sealed]))).toBe('CUSTODIAN_STALE');
  });

  it('may not name another key than the fragment is sealed to', async () => {
    await publishNext(2);
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    const scope = alice.commit(grant.body.grantId, SCOPE, scopes[0]!.sealed, {}, 2);
    const lying = [{ ...scopes[0]!, scope }];
    expect(await refusal(story.deposit(grant, lying, [A]))).toBe('FRAGMENT_INVALID');
  });
});

describe('grants:ResealFragments', () => {
  it('seals a fragment to the new key, so that the old one is not needed to re-encrypt', async () => {
    const { alice } = story.people;
    const grant = await story.grant();
    const record = await story.file();
    const ticketId = await story.ticket(grant, record);
    await publishNext(2);
    expect(await outdated(2)).toEqual([refOf(grant)]);
    expect(await reseal([refOf(grant)], 2)).toEqual({
      mspId: A,
      resealed: [refOf(grant)],
      unreadable: [],
    });
    expect(await outdated(2)).toEqual([]);
    story.channel.custodians[A].destroy(1);
    const cfrags = [await story.cfrag(ticketId, A), await story.cfrag(ticketId, 'HospCMSP')];
    expect(story.open(record, cfrags)).toHaveLength(32);
    expect(alice.userId).toBe(grant.body.patient);
  });

  it('writes private data of its organization only, the same at every endorser', async () => {
    const grant = await story.grant();
    await publishNext(2);
    const twin = story.channel.fork();
    await reseal([refOf(grant)], 2);
    const { writes, privateWrites } = story.channel.last;
    expect([writes.size, privateWrites.size]).toEqual([0, 1]);
    await twin.submit(
      story.people.adminA,
      'grants:ResealFragments',
      { mspId: A, generation: 2, fragments: [refOf(grant)] },
      { organizations: [A] },
    );
    expect([...twin.last.privateWrites]).toEqual([...privateWrites]);
  });

  it('gives other bytes for another fragment, and none of the kfrag', async () => {
    const [first, second] = [await story.grant(), await story.grant()];
    await publishNext(2);
    await reseal([refOf(first), refOf(second)], 2);
    expect(hexOf(stored(first)).slice(0, 10)).toBe('0200000002');
    // The ephemeral keys of the two boxes.
    expect(hexOf(stored(first)).slice(14, 80)).not.toBe(hexOf(stored(second)).slice(14, 80));
  });

  it('is done once: a repeat, and a repeated deposit, leave what is sealed anew', async () => {
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    await story.deposit(grant, scopes);
    const request = { grant, scopes: scopes.map(({ scope }) => scope) };
    const made = await story.channel.submit(alice, 'grants:CreateGrant', request);
    await publishNext(2);
    await reseal([refOf(made)], 2);
    const bytes = hexOf(stored(made));
    expect(await reseal([refOf(made)], 2)).toMatchObject({ resealed: [] });
    await story.channel.submit(
      alice,
      'grants:DepositFragments',
      { grantId: grant.body.grantId, mspId: A },
      { organizations: [A], transient: depositFor(A, grant, scopes) },
    );
    expect(hexOf(stored(made))).toBe(bytes);
  });

  it('goes on from one generation to the next', async () => {
    const grant = await story.grant();
    const record = await story.file();
    const ticketId = await story.ticket(grant, record);
    for (const generation of [2, 3, 4]) {
      await publishNext(generation);
      expect(await outdated(generation)).toEqual([refOf(grant)]);
      await reseal([refOf(grant)], generation);
      story.channel.custodians[A].destroy(generation - 1);
    }
    const cfrags = [await story.cfrag(ticketId, A), await story.cfrag(ticketId, 'HospBMSP')];
    expect(story.open(record, cfrags)).toHaveLength(32);
  });

  it('leaves what has ended: revoked, expired, purged, or never made into a grant', async () => {
    const { alice } = story.people;
    const revoked = await story.grant();
    const { grantId } = revoked.body;
    const rule = { ...revoked.body.rule, notAfter: story.now + 1000 };
    const expired = await story.grant({ rule });
    const { grant: draft, scopes } = story.draft();
    await story.deposit(draft, scopes);
    await publishNext(2);
    await story.channel.submit(alice, 'grants:RevokeGrant', { grantId });
    story.channel.now += 2000;
    expect(await outdated(2)).toEqual([]);
    const never = { grantId: draft.body.grantId, scopeId: SCOPE };
    expect(await reseal([refOf(revoked), refOf(expired), never], 2)).toEqual({
      mspId: A,
      resealed: [],
      unreadable: [],
    });
    expect(story.channel.last.privateWrites.size).toBe(0);
  });

  it('does not bring back what was purged', async () => {
    const { alice } = story.people;
    const grant = await story.grant();
    const { grantId } = grant.body;
    await publishNext(2);
    await story.channel.submit(alice, 'grants:RevokeGrant', { grantId });
    await story.channel.submit(
      alice,
      'grants:PurgeFragments',
      { grantId, mspId: A },
      { organizations: [A] },
    );
    expect(await reseal([refOf(grant)], 2)).toMatchObject({ resealed: [] });
  });

  it('names what no key opens, and seals the rest', async () => {
    const [good, bad] = [await story.grant(), await story.grant()];
    await publishNext(2);
    const address = story.channel.world
      .privateAddresses()
      .find((one) => one.startsWith(implicitCollection(A)) && one.includes(bad.body.grantId))!;
    story.channel.world.overwritePrivate(address, new Uint8Array(400).fill(2));
    expect(await reseal([refOf(good), refOf(bad)], 2)).toMatchObject({
      resealed: [refOf(good)],
      unreadable: [refOf(bad)],
    });
  });

  it('refuses a key that the service does not hold, and everybody but the own admin', async () => {
    const grant = await story.grant();
    expect(await refusal(reseal([refOf(grant)], 2))).toBe('CUSTODIAN_STALE');
    const { adminB, alice } = story.people;
    expect(await refusal(reseal([refOf(grant)], 1, adminB))).toBe('ROLE_DENIED');
    expect(await refusal(reseal([refOf(grant)], 1, alice))).toBe('ROLE_DENIED');
  });

  it('keeps a fragment where it belongs: one sealed anew for another place opens nowhere', async () => {
    const [first, second] = [await story.grant(), await story.grant()];
    const record = await story.file();
    const ticketId = await story.ticket(second, record);
    await publishNext(2);
    await reseal([refOf(first), refOf(second)], 2);
    const address = story.channel.world
      .privateAddresses()
      .find((one) => one.startsWith(implicitCollection(A)) && one.includes(second.body.grantId))!;
    story.channel.world.overwritePrivate(address, stored(first));
    expect(await refusal(story.cfrag(ticketId, A))).toBe('FRAGMENT_INVALID');
  });
});

describe('an organization whose peers and custodian keys are lost', () => {
  /** Two fragments, one of them sealed anew before the loss; then a new key, the third. */
  async function afterLoss(): Promise<FragmentRef[]> {
    const resealed = await story.grant();
    await publishNext(2);
    await reseal([refOf(resealed)], 2);
    const lost = [refOf(resealed), refOf(await story.grant())];
    story.channel.world.loseValuesOf(implicitCollection(A));
    const keys = story.channel.custodians[A];
    await publishNext(3);
    for (const generation of [1, 2]) keys.destroy(generation);
    return lost;
  }

  it('says that it has no fragment, and the grant goes on with the others', async () => {
    const grant = await story.grant();
    const record = await story.file();
    const ticketId = await story.ticket(grant, record);
    story.channel.world.loseValuesOf(implicitCollection(A));
    expect(await refusal(story.cfrag(ticketId, A))).toBe('FRAGMENT_MISSING');
    const others = [
      await story.cfrag(ticketId, 'HospBMSP'),
      await story.cfrag(ticketId, 'HospCMSP'),
    ];
    expect(story.open(record, others)).toHaveLength(32);
  });

  it('names what is lost once, and does not pass for its custodian any more', async () => {
    const lost = await afterLoss();
    const sorted = (refs: readonly FragmentRef[]): string[] =>
      refs.map(({ grantId }) => grantId).sort();
    expect(sorted(await outdated(3))).toEqual(sorted(lost));
    const answer = await reseal(lost, 3);
    expect(answer).toMatchObject({ resealed: [], unreadable: lost });
    expect(await outdated(3)).toEqual([]);
    await publishNext(4);
    expect(await outdated(4)).toEqual([]);
  });

  it('takes nothing for lost while a key is held that could open it', async () => {
    const grant = await story.grant();
    story.channel.world.loseValuesOf(implicitCollection(A));
    await publishNext(2);
    expect(await refusal(reseal([refOf(grant)], 2))).toBe('FRAGMENT_MISSING');
  });
});

describe('grants:ListOutdatedFragments', () => {
  it('comes in pages, and tells which generations grants may name', async () => {
    const grants = [await story.grant(), await story.grant(), await story.grant()];
    await publishNext(2);
    const seen: FragmentRef[] = [];
    let bookmark: string | undefined;
    do {
      const page = await story.channel.evaluate(
        story.people.adminA,
        'grants:ListOutdatedFragments',
        { mspId: A, generation: 2, pageSize: 2, bookmark },
        { organizations: [A] },
      );
      expect(page.acceptedFrom).toBe(1);
      seen.push(...page.fragments);
      bookmark = page.bookmark;
    } while (bookmark !== undefined);
    expect(seen.map(({ grantId }) => grantId)).toEqual(
      grants.map(({ body }) => body.grantId).sort(),
    );
  });

  it('is for admins of the organization', async () => {
    const ask = story.channel.evaluate(
      story.people.adminB,
      'grants:ListOutdatedFragments',
      { mspId: A, generation: 1 },
      { organizations: [A] },
    );
    expect(await refusal(ask)).toBe('ROLE_DENIED');
  });
});
