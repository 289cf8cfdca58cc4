import { beforeEach, describe, expect, it } from '@jest/globals';
import { SecretKey, shareSecretKey } from '@emr-share/crypto';
import {
  categoryScopeId,
  groupScopeId,
  recordScopeId,
  type AudienceBody,
  type AudienceRule,
} from '@emr-share/model';
import { MAX_CLOCK_SKEW_MS } from '../src/index.js';
import type { Organization } from './support/channel.js';
import { EmergencyStory } from './support/emergency-story.js';
import { refusal, SCOPE } from './support/hospital-story.js';
import { hexOf, newId, type Person } from './support/person.js';
import {
  attributeRule,
  emergencyRule,
  shareScope,
  sharesFor,
  signedAudience,
  type ShareOptions,
} from './support/shares.js';

const A = 'HospAMSP';
const NEXT = categoryScopeId('alice', 'prescription', 1);

let story: EmergencyStory;

beforeEach(async () => {
  story = await EmergencyStory.begin();
});

/** Alice starts another epoch, or another group. */
async function publish(scopeId: string): Promise<void> {
  const { alice } = story.people;
  const scopes = [alice.scope(scopeId, story.now)];
  await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
}

describe('audience:DepositShares', () => {
  /** What HospA says to a deposit of shares that were made in some wrong way. */
  async function wrong(options: ShareOptions, scopeId = SCOPE): Promise<string> {
    const { audience } = story.draft();
    const { alice } = story.people;
    const scope = shareScope(alice, story.channel, audience, scopeId, options);
    return refusal(story.deposit(audience, [scope], [A]));
  }

  it('keeps each share with its custodian alone', async () => {
    const { audience, scopes } = story.draft();
    await story.deposit(audience, scopes, [A]);
    const { writes, privateWrites } = story.channel.last;
    expect([writes.size, privateWrites.size]).toEqual([0, 1]);
    expect([...privateWrites.keys()][0]).toContain('_implicit_org_HospAMSP');
  });

  it('takes a deposit anew, with other shares, until the grant stands', async () => {
    const { audience, scopes } = story.draft();
    await story.deposit(audience, scopes);
    const again = [shareScope(story.people.alice, story.channel, audience, SCOPE)];
    await story.deposit(audience, again);
    await story.create(audience, again);
    await story.deposit(audience, again);
    expect(await refusal(story.deposit(audience, scopes))).toBe('AUDIENCE_EXISTS');
  });

  it('refuses a share that does not lie on the polynomial', async () => {
    const shape = { threshold: 2, shares: 3 };
    const other = shareSecretKey(story.people.alice.scopeKey(SCOPE), shape);
    const mine = shareSecretKey(story.people.alice.scopeKey(SCOPE), shape);
    const shared = { commitments: mine.commitments, shares: other.shares };
    expect(await wrong({ shared })).toBe('SHARE_INVALID');
  });

  it("refuses another custodian's share", async () => {
    expect(await wrong({ order: [1, 0, 2] })).toBe('SHARE_INVALID');
  });

  it('refuses a share that is sealed for another place', async () => {
    for (const context of [{ audienceId: newId() }, { mspId: 'HospBMSP' }, { scopeId: NEXT }]) {
      expect(await wrong({ context })).toBe('SHARE_INVALID');
    }
  });

  it('refuses bytes that the patient did not sign for', async () => {
    const shares = ['HospAMSP', 'HospBMSP', 'HospCMSP'].map((mspId) => ({
      mspId,
      generation: 1,
      sealedSha256: '00'.repeat(32),
    }));
    expect(await wrong({ changes: { shares } })).toBe('SHARE_INVALID');
  });

  it('refuses commitments to another key, of another number, or to no points at all', async () => {
    const { alice } = story.people;
    const key = SecretKey.random();
    expect(await wrong({ key })).toBe('AUDIENCE_REFUSED');
    const shared = shareSecretKey(alice.scopeKey(SCOPE), { threshold: 3, shares: 3 });
    expect(await wrong({ shared })).toBe('AUDIENCE_REFUSED');
    const delegatingKey = hexOf(alice.scopeKey(SCOPE).publicKey().toCompressedBytes());
    const commitments = `${delegatingKey}02${'ff'.repeat(32)}`;
    expect(await wrong({ changes: { commitments } })).toBe('AUDIENCE_REFUSED');
    const foreign = hexOf(key.publicKey().toCompressedBytes());
    expect(await wrong({ key, changes: { delegatingKey: foreign } })).toBe('AUDIENCE_REFUSED');
  });

  it('refuses scopes that no audience covers: sealed, of one record, of another category', async () => {
    await publish(groupScopeId('alice', 'sealed', 0));
    const uncovered = [
      groupScopeId('alice', 'sealed', 0),
      recordScopeId('alice', newId()),
      categoryScopeId('alice', 'omics', 0),
    ];
    for (const scopeId of uncovered) expect(await wrong({}, scopeId)).toBe('AUDIENCE_REFUSED');
    expect(await wrong({}, NEXT)).toBe('SCOPE_NOT_FOUND');
  });

  it("refuses another patient's shares and scopes", async () => {
    const { audience, scopes } = story.draft();
    const { bob, erika } = story.people;
    expect(await refusal(story.deposit(audience, scopes, [A], bob))).toBe('SIGNER_MISMATCH');
    expect(await refusal(story.deposit(audience, scopes, [A], erika))).toBe('ROLE_DENIED');
    expect(await wrong({}, categoryScopeId('bob', 'prescription', 0))).toBe('INPUT_INVALID');
    const forged = { ...audience, signature: 'ab'.repeat(64) };
    expect(await refusal(story.deposit(forged, scopes, [A]))).toBe('SIGNATURE_INVALID');
    const [scope] = scopes;
    const unsigned = { ...scope!, scope: { ...scope!.scope, signature: 'ab'.repeat(64) } };
    expect(await refusal(story.deposit(audience, [unsigned], [A]))).toBe('SIGNATURE_INVALID');
  });

  it('refuses what is for another organization, or for no custodian', async () => {
    const { audience, scopes } = story.draft(emergencyRule(story.now), {
      custodians: ['HospBMSP', 'HospCMSP'],
    });
    const [{ scope, sealed }] = scopes as [(typeof scopes)[0]];
    const misled = [{ scope, sealed: { ...sealed, [A]: sealed['HospBMSP']! } }];
    expect(await refusal(story.deposit(audience, misled, [A]))).toBe('SHARE_INVALID');
    const elsewhere = story.channel.submit(
      story.people.alice,
      'audience:DepositShares',
      { audienceId: audience.body.audienceId, mspId: 'HospBMSP' },
      { organizations: [A], transient: sharesFor('HospBMSP', audience, scopes) },
    );
    expect(await refusal(elsewhere)).toBe('INPUT_INVALID');
    const without = story.channel.submit(
      story.people.alice,
      'audience:DepositShares',
      { audienceId: audience.body.audienceId, mspId: A },
      { organizations: [A] },
    );
    expect(await refusal(without)).toBe('INPUT_INVALID');
  });

  it('is not possible once the grant has ended', async () => {
    const { audience, scopes } = story.draft();
    await story.deposit(audience, scopes);
    const { audienceId } = (await story.create(audience, scopes)).body;
    await story.channel.submit(story.people.alice, 'audience:EndAudience', { audienceId });
    expect(await refusal(story.deposit(audience, scopes))).toBe('AUDIENCE_ENDED');
  });
});

describe('audience:CreateAudience', () => {
  /** What the consortium says to these terms, with all shares in place. */
  async function refused(
    rule: Partial<AudienceRule>,
    changes: Partial<AudienceBody> = {},
  ): Promise<string> {
    return refusal(story.audience({ ...emergencyRule(story.now), ...rule }, changes));
  }

  it('puts the grant in force, and says so in the log', async () => {
    const audience = await story.audience();
    expect(audience.status).toEqual({ state: 'active' });
    expect(audience.scopes.map(({ body }) => body.scopeId)).toEqual([SCOPE]);
    expect(story.channel.events.at(-1)).toMatchObject({
      type: 'audience.created',
      patient: 'alice',
      grantId: audience.body.audienceId,
    });
  });

  it('takes a repeat, also late, and refuses other terms under the same ID', async () => {
    const { audience, scopes } = story.draft();
    await story.deposit(audience, scopes);
    const made = await story.create(audience, scopes);
    story.channel.now += 2 * MAX_CLOCK_SKEW_MS;
    expect(await story.create(audience, scopes)).toEqual(made);
    const { audienceId } = audience.body;
    const other = signedAudience(story.people.alice, emergencyRule(story.now), story.now, {
      audienceId,
    });
    expect(await refusal(story.create(other, scopes))).toBe('AUDIENCE_EXISTS');
    const reshared = [shareScope(story.people.alice, story.channel, audience, SCOPE)];
    expect(await refusal(story.create(audience, reshared))).toBe('AUDIENCE_EXISTS');
  });

  it('refuses where one custodian has no share, or another one than was signed for', async () => {
    const { audience, scopes } = story.draft();
    await story.deposit(audience, scopes, ['HospAMSP', 'HospBMSP']);
    expect(await refusal(story.create(audience, scopes))).toBe('SHARE_MISSING');
    const others = [shareScope(story.people.alice, story.channel, audience, SCOPE)];
    await story.deposit(audience, others, ['HospCMSP']);
    expect(await refusal(story.create(audience, scopes))).toBe('SHARE_MISSING');
  });

  it('refuses shares that are not one for each custodian, in their order', async () => {
    const { audience, scopes } = story.draft();
    await story.deposit(audience, scopes);
    const { body } = scopes[0]!.scope;
    for (const shares of [[...body.shares].reverse(), body.shares.slice(0, 2)]) {
      const scope = story.people.alice.sign('audience-scope', { ...body, shares });
      const created = story.create(audience, [{ ...scopes[0]!, scope }]);
      expect(await refusal(created)).toBe('AUDIENCE_REFUSED');
    }
  });

  it('refuses a minority as threshold, an end in the past, and a closed category', async () => {
    expect(await refused({}, { threshold: 1 })).toBe('AUDIENCE_REFUSED');
    expect(await refused({ notBefore: story.now - 2, notAfter: story.now })).toBe(
      'AUDIENCE_REFUSED',
    );
    const { alice } = story.people;
    const closed = { version: 2, closedCategories: ['prescription' as const] };
    await story.channel.submit(alice, 'registry:PublishPolicy', alice.policy(story.now, closed));
    expect(await refused({})).toBe('AUDIENCE_REFUSED');
    expect(await refusal(story.audience(attributeRule(story.now)))).toBe('AUDIENCE_REFUSED');
  });

  it('lets emergencies be for emergency physicians and their purposes only', async () => {
    const readers = [
      {},
      { roles: ['physician' as const] },
      { roles: ['emergency-physician' as const, 'physician' as const] },
    ];
    for (const one of readers) expect(await refused({ readers: one })).toBe('AUDIENCE_REFUSED');
    expect(await refused({ purposes: ['ETREAT', 'TREAT'] })).toBe('AUDIENCE_REFUSED');
  });

  it('lets a grant by attributes be for purposes of the policy, within its time, never for BTG', async () => {
    const rules: Partial<AudienceRule>[] = [
      { purposes: ['HRESCH'] },
      { purposes: ['TREAT', 'BTG'] },
      { readers: {} },
      { notAfter: story.now + 31 * 86_400_000 },
    ];
    for (const rule of rules) {
      expect(await refusal(story.audience(attributeRule(story.now, rule)))).toBe(
        'AUDIENCE_REFUSED',
      );
    }
    await expect(story.audience(attributeRule(story.now))).resolves.toBeDefined();
  });

  it('refuses scopes that are not exactly the current ones, and custodians unknown', async () => {
    const { audience, scopes } = story.draft();
    await story.deposit(audience, scopes);
    await publish(NEXT);
    expect(await refusal(story.create(audience, scopes))).toBe('AUDIENCE_REFUSED');
    const uncovered = story.draft(undefined, { categories: ['omics'] });
    expect(await refusal(story.create(uncovered.audience, uncovered.scopes))).toBe(
      'SCOPE_NOT_FOUND',
    );
    const custodians = ['HospAMSP', 'HospBMSP', 'HospDMSP'];
    const unknown = signedAudience(story.people.alice, emergencyRule(story.now), story.now, {
      custodians,
    });
    expect(await refusal(story.create(unknown, scopes))).toBe('INPUT_INVALID');
    const foreign = { ...scopes[0]!.scope.body, audienceId: unknown.body.audienceId };
    const scope = story.people.alice.sign('audience-scope', foreign);
    expect(await refusal(story.create(unknown, [{ ...scopes[0]!, scope }]))).toBe(
      'CUSTODIAN_NOT_FOUND',
    );
  });

  it('refuses a key that its custodian no longer accepts, and a clock that is wrong', async () => {
    const { audience, scopes } = story.draft();
    await story.deposit(audience, scopes);
    const { adminA } = story.people;
    story.channel.custodians[A].add(2);
    const publicKey = hexOf(story.channel.custodians[A].secret(2).publicKey().toCompressedBytes());
    const published = { mspId: A, publicKey, generation: 2 };
    await story.channel.submit(adminA, 'registry:PublishCustodian', published);
    await story.channel.submit(adminA, 'registry:RetireCustodian', { mspId: A, acceptedFrom: 2 });
    expect(await refusal(story.create(audience, scopes))).toBe('CUSTODIAN_STALE');
    expect(await refusal(story.deposit(audience, scopes, [A]))).toBe('CUSTODIAN_STALE');
    story.channel.now += MAX_CLOCK_SKEW_MS + 1;
    expect(await refusal(story.create(audience, scopes))).toBe('TIMESTAMP_SKEW');
  });

  it('is for the patient alone', async () => {
    const { audience, scopes } = story.draft();
    const request = { audience, scopes: scopes.map(({ scope }) => scope) };
    const { bob, officerA } = story.people;
    const by = (person: Person): Promise<unknown> =>
      story.channel.submit(person, 'audience:CreateAudience', request);
    expect(await refusal(by(bob))).toBe('SIGNER_MISMATCH');
    expect(await refusal(by(officerA))).toBe('ROLE_DENIED');
  });
});

describe('audience:ExtendAudience', () => {
  it('adds new epochs of what is covered, once', async () => {
    const audience = await story.audience();
    const { body } = audience;
    const { alice } = story.people;
    await publish(NEXT);
    const added = shareScope(alice, story.channel, audience, NEXT);
    await story.deposit({ body, signature: audience.signature }, [added]);
    const request = { audienceId: body.audienceId, scopes: [added.scope] };
    const extended = await story.channel.submit(alice, 'audience:ExtendAudience', request);
    expect(extended.scopes.map((scope) => scope.body.scopeId)).toEqual([SCOPE, NEXT]);
    expect(await story.channel.submit(alice, 'audience:ExtendAudience', request)).toEqual(extended);
    expect(story.channel.events.filter(({ type }) => type === 'audience.extended')).toHaveLength(1);
  });

  it('refuses sealed scopes, what has ended, and shares that are not in place', async () => {
    const audience = await story.audience();
    const { audienceId } = audience.body;
    const { alice } = story.people;
    await publish(groupScopeId('alice', 'sealed', 0));
    await publish(NEXT);
    const extend = (scopeId: string): Promise<unknown> => {
      const { scope } = shareScope(alice, story.channel, audience, scopeId);
      const request = { audienceId, scopes: [scope] };
      return story.channel.submit(alice, 'audience:ExtendAudience', request);
    };
    expect(await refusal(extend(groupScopeId('alice', 'sealed', 0)))).toBe('AUDIENCE_REFUSED');
    expect(await refusal(extend(NEXT))).toBe('SHARE_MISSING');
    await story.channel.submit(alice, 'audience:EndAudience', { audienceId });
    expect(await refusal(extend(NEXT))).toBe('AUDIENCE_ENDED');
  });
});

describe('the end of an audience grant', () => {
  const end = (audienceId: string, by: Person = story.people.alice) =>
    story.channel.submit(by, 'audience:EndAudience', { audienceId });
  const purge = (audienceId: string, mspId: Organization, by: Person = story.people.alice) =>
    story.channel.submit(
      by,
      'audience:PurgeShares',
      { audienceId, mspId },
      { organizations: [mspId] },
    );
  const status = (audienceId: string, by: Person = story.people.alice) =>
    story.channel.evaluate(by, 'audience:GetShareStatus', { audienceId });

  it('is the patient’s to make, and is made once', async () => {
    const { audienceId } = (await story.audience()).body;
    expect(await refusal(end(audienceId, story.people.bob))).toBe('SIGNER_MISMATCH');
    expect(await refusal(end(audienceId, story.people.adminA))).toBe('ROLE_DENIED');
    expect(await refusal(end(newId()))).toBe('AUDIENCE_NOT_FOUND');
    const ended = await end(audienceId);
    expect(ended.status).toEqual({ state: 'ended', endedAt: story.now });
    story.channel.now += 1000;
    expect(await end(audienceId)).toEqual(ended);
  });

  it('is what shares can be purged after, by the patient or the own admin', async () => {
    const { audienceId } = (await story.audience()).body;
    const { adminA, adminB, erika } = story.people;
    expect(await refusal(purge(audienceId, 'HospAMSP'))).toBe('AUDIENCE_ACTIVE');
    await end(audienceId);
    expect(await refusal(purge(audienceId, 'HospAMSP', adminB))).toBe('ROLE_DENIED');
    expect(await refusal(purge(audienceId, 'HospAMSP', erika))).toBe('ROLE_DENIED');
    expect(await purge(audienceId, 'HospAMSP', adminA)).toMatchObject({ purged: [SCOPE] });
    await purge(audienceId, 'HospBMSP');
    await purge(audienceId, 'HospBMSP');
    const { custodians } = await status(audienceId);
    expect(custodians.map(({ present, purged }) => [present, purged])).toEqual([
      [[], [SCOPE]],
      [[], [SCOPE]],
      [[SCOPE], []],
    ]);
    expect(await refusal(status(audienceId, erika))).toBe('ROLE_DENIED');
  });

  it('has a receipt once no custodian has a share, and not before', async () => {
    const { audienceId } = (await story.audience()).body;
    const { alice, adminA, erika, admin } = { ...story.people, admin: story.people.adminB };
    const close = (by: Person = alice) =>
      story.channel.submit(by, 'audience:CloseAudience', { audienceId });
    const receipt = (by: Person = alice) =>
      story.channel.evaluate(by, 'audience:GetReceipt', { audienceId });
    expect(await refusal(close())).toBe('AUDIENCE_ACTIVE');
    const { status: ended } = await end(audienceId);
    await purge(audienceId, 'HospAMSP');
    await purge(audienceId, 'HospBMSP');
    expect(await refusal(close())).toBe('SHARE_PRESENT');
    expect(await refusal(receipt())).toBe('RECEIPT_NOT_FOUND');
    await purge(audienceId, 'HospCMSP');
    expect(await refusal(close(erika))).toBe('ROLE_DENIED');
    story.channel.now += 1000;
    const closed = await close(adminA);
    expect(closed).toEqual({
      audienceId,
      endedAt: ended.state === 'ended' ? ended.endedAt : null,
      closedAt: story.now,
      purged: ['HospAMSP', 'HospBMSP', 'HospCMSP'].map((mspId) => ({ mspId, scopes: [SCOPE] })),
    });
    story.channel.now += 1000;
    expect(await close()).toEqual(closed);
    expect(await receipt(admin)).toEqual(closed);
    expect(await refusal(receipt(erika))).toBe('ROLE_DENIED');
  });

  it('comes by time as well, and takes shares of extensions that were never made', async () => {
    const rule = attributeRule(story.now);
    const audience = await story.audience(rule);
    const { audienceId } = audience.body;
    await publish(NEXT);
    const extra = shareScope(story.people.alice, story.channel, audience, NEXT);
    await story.deposit({ body: audience.body, signature: audience.signature }, [extra], [A]);
    expect((await status(audienceId)).custodians[0]!.present).toEqual([SCOPE, NEXT]);
    story.channel.now = rule.notAfter;
    await purge(audienceId, A);
    expect((await status(audienceId)).custodians[0]!.present).toEqual([]);
  });
});

describe('reading audience grants', () => {
  const list = async (by: Person, patient = 'alice'): Promise<string[]> => {
    const { audiences } = await story.channel.evaluate(by, 'audience:ListAudiences', { patient });
    return audiences.map(({ body }) => body.audienceId);
  };
  const get = (by: Person, audienceId: string) =>
    story.channel.evaluate(by, 'audience:GetAudience', { audienceId });

  it('shows readers those that let them in, patients and auditors all of the patient', async () => {
    const { alice, bob, auditor, carol, dave, erika, frank } = story.people;
    const emergency = (await story.audience()).body.audienceId;
    const ward = (await story.audience(attributeRule(story.now))).body.audienceId;
    for (const all of [alice, auditor]) {
      expect(await list(all)).toEqual([emergency, ward].sort());
    }
    expect(await list(erika)).toEqual([emergency]);
    expect(await list(frank)).toEqual([emergency]);
    expect(await list(carol)).toEqual([ward]);
    expect(await list(dave)).toEqual([]);
    expect(await list(bob)).toEqual([]);
    await story.channel.submit(alice, 'audience:EndAudience', { audienceId: emergency });
    expect(await list(erika)).toEqual([]);
  });

  it('finds none of a patient who has opted out', async () => {
    expect(await list(story.people.erika, 'bob')).toEqual([]);
  });

  it('shows one to whom it lets in, also when it has ended, and to those who watch over it', async () => {
    const audience = await story.audience();
    const { audienceId } = audience.body;
    const { alice, erika, officerC, dutyA, adminB, dave } = story.people;
    for (const person of [alice, erika, officerC, dutyA, adminB]) {
      expect(await get(person, audienceId)).toEqual(audience);
    }
    expect(await refusal(get(dave, audienceId))).toBe('ROLE_DENIED');
    await story.channel.submit(alice, 'audience:EndAudience', { audienceId });
    expect(await get(erika, audienceId)).toMatchObject({ status: { state: 'ended' } });
  });
});
