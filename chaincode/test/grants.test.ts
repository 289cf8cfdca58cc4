import { beforeEach, describe, expect, it } from '@jest/globals';
import { SecretKey } from '@emr-share/crypto';
import {
  CATEGORIES,
  categoryScopeId,
  groupScopeId,
  recordScopeId,
  type Grant,
  type GrantBody,
  type SignedGrant,
} from '@emr-share/model';
import { MAX_CLOCK_SKEW_MS } from '../src/index.js';
import { HospitalStory, refusal, SCOPE } from './support/hospital-story.js';
import { hexOf, newId, type Person, type SealedScope } from './support/person.js';

let story: HospitalStory;

beforeEach(async () => {
  story = await HospitalStory.begin();
});

const A = 'HospAMSP';
const B = 'HospBMSP';

describe('grants:CreateGrant', () => {
  const create = (
    grant: SignedGrant,
    scopes: readonly SealedScope[],
    by: Person = story.people.alice,
  ): Promise<Grant> => {
    const request = { grant, scopes: scopes.map(({ scope }) => scope) };
    return story.channel.submit(by, 'grants:CreateGrant', request);
  };
  const createWith = async (changes: Partial<GrantBody>): Promise<Grant> => {
    const { grant, scopes } = story.draft(changes);
    await story.deposit(grant, scopes);
    return create(grant, scopes);
  };
  const rule = (changes: Partial<GrantBody['rule']> = {}): GrantBody['rule'] => ({
    grantee: story.people.dave.userId,
    actions: ['read'],
    purposes: ['TREAT'],
    notBefore: story.now,
    notAfter: story.now + 1000,
    ...changes,
  });

  it('puts a grant in force that both parties can read', async () => {
    const { alice, dave } = story.people;
    const { grant, scopes } = story.draft();
    await story.deposit(grant, scopes);
    const created = await create(grant, scopes);
    expect(created).toEqual({
      ...grant,
      status: { state: 'active' },
      scopes: scopes.map(({ scope }) => scope),
    });
    const { grantId } = grant.body;
    for (const [person, as] of [
      [alice, 'patient'],
      [dave, 'grantee'],
    ] as const) {
      expect(await story.channel.evaluate(person, 'grants:GetGrant', { grantId })).toEqual(created);
      const { grants } = await story.channel.evaluate(person, 'grants:ListGrants', { as });
      expect(grants).toEqual([created]);
    }
    expect(story.channel.events.at(-1)).toMatchObject({
      type: 'grant.created',
      grantId,
      patient: 'alice',
      subject: dave.userId,
    });
  });

  it('returns the grant as it stands to a repeat, long after', async () => {
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    await story.deposit(grant, scopes);
    await create(grant, scopes);
    const { grantId } = grant.body;
    const revoked = await story.channel.submit(alice, 'grants:RevokeGrant', { grantId });
    story.channel.now += 86_400_000;
    expect(await create(grant, scopes)).toEqual(revoked);
    expect(story.channel.last.writes.size).toBe(0);
  });

  it('refuses other terms or other fragments under the same ID', async () => {
    const { alice } = story.people;
    const { body, signature } = await story.grant();
    const longer = alice.sign('grant', { ...body, createdAt: body.createdAt + 1 });
    const sealed = alice.sealScope(story.channel, longer, SCOPE);
    expect(await refusal(create(longer, [sealed]))).toBe('GRANT_EXISTS');
    expect(await refusal(create({ body, signature }, [sealed]))).toBe('GRANT_EXISTS');
    const later = categoryScopeId('alice', 'prescription', 1);
    const more = alice.sealScope(story.channel, { body, signature }, later);
    expect(await refusal(create({ body, signature }, [more]))).toBe('GRANT_EXISTS');
  });

  it('refuses everybody but the patient', async () => {
    const { bob, carol } = story.people;
    const { grant, scopes } = story.draft();
    expect(await refusal(create(grant, scopes, bob))).toBe('SIGNER_MISMATCH');
    expect(await refusal(create(grant, scopes, carol))).toBe('ROLE_DENIED');
  });

  it('refuses what the patient did not sign', async () => {
    const { bob } = story.people;
    const { grant, scopes } = story.draft();
    expect(await refusal(create(bob.sign('grant', grant.body), scopes))).toBe('SIGNATURE_INVALID');
    const [{ scope, sealed }] = scopes as [SealedScope];
    const forged = { scope: bob.sign('grant-scope', scope.body), sealed };
    expect(await refusal(create(grant, [forged]))).toBe('SIGNATURE_INVALID');
  });

  it('refuses a grant from another time', async () => {
    const createdAt = story.now - MAX_CLOCK_SKEW_MS - 1;
    expect(await refusal(createWith({ createdAt }))).toBe('TIMESTAMP_SKEW');
  });

  it.each([
    ['a minority of the custodians', { threshold: 1 }],
    ['a category that it lasts too long for', { duration: 31 * 86_400_000 }],
    ['a purpose that the policy does not name', { purposes: ['HRESCH'] }],
    ['a time in the past', { duration: -1 }],
  ] as const)('refuses a grant to %s', async (_what, what: Record<string, unknown>) => {
    const { duration = 1000, purposes = ['TREAT'], threshold = 2 } = what;
    const notBefore = duration === -1 ? story.now - 10 : story.now;
    const notAfter = story.now + (duration as number);
    const terms = rule({ notBefore, notAfter, purposes: purposes as ['TREAT'] });
    const call = createWith({ rule: terms, threshold: threshold as number });
    expect(await refusal(call)).toBe('GRANT_REFUSED');
  });

  it('refuses half of an even number of custodians, and takes one of one', async () => {
    const custodians = [A, B];
    expect(await refusal(createWith({ custodians, threshold: 1 }))).toBe('GRANT_REFUSED');
    expect(await createWith({ custodians: [A], threshold: 1 })).toMatchObject({
      status: { state: 'active' },
    });
  });

  it('refuses a category that the policy closes', async () => {
    const { alice } = story.people;
    const policy = alice.policy(story.now, { version: 2, closedCategories: ['prescription'] });
    await story.channel.submit(alice, 'registry:PublishPolicy', policy);
    expect(await refusal(createWith({}))).toBe('GRANT_REFUSED');
  });

  it('refuses a grantee who is unknown, suspended, or has another reader key', async () => {
    const { adminC, carol, dave } = story.people;
    expect(await refusal(createWith({ rule: rule({ grantee: 'nobody' }) }))).toBe('GRANT_REFUSED');
    const delegateeKey = hexOf(carol.reader.publicKey().toCompressedBytes());
    expect(await refusal(createWith({ delegateeKey }))).toBe('GRANT_REFUSED');
    await story.channel.submit(adminC, 'registry:SuspendUser', { userId: dave.userId });
    expect(await refusal(createWith({}))).toBe('GRANT_REFUSED');
  });

  it('refuses custodians that have published no key', async () => {
    const { grant, scopes } = story.draft({ custodians: [A, B, 'HospCMSP'] });
    const { alice } = story.people;
    const terms = alice.sign('grant', { ...grant.body, custodians: [A, 'HospXMSP'] });
    expect(await refusal(create(terms, scopes))).toBe('CUSTODIAN_NOT_FOUND');
  });

  it('refuses scopes that are not exactly the current ones of what it covers', async () => {
    const { alice } = story.people;
    const next = categoryScopeId('alice', 'prescription', 1);
    const scopes = [alice.scope(next, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    for (const scopeIds of [[SCOPE], [next, SCOPE]]) {
      expect(await refusal(story.grant({}, scopeIds))).toBe('GRANT_REFUSED');
    }
    expect(await story.grant({}, [next])).toMatchObject({ status: { state: 'active' } });
  });

  it('refuses to cover a category that has no scope', async () => {
    const coverage = { kind: 'categories' as const, categories: ['omics' as const] };
    const call = story.grant({ coverage }, [categoryScopeId('alice', 'omics', 0)]);
    expect(await refusal(call)).toBe('SCOPE_NOT_FOUND');
  });

  it('grants a single record by its own scope', async () => {
    const { alice } = story.people;
    const { recordId } = await story.file();
    const scopeId = recordScopeId('alice', recordId);
    const coverage = { kind: 'record' as const, recordId };
    expect(await refusal(story.grant({ coverage }, [scopeId]))).toBe('SCOPE_NOT_FOUND');
    const scopes = [alice.scope(scopeId, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    expect(await refusal(story.grant({ coverage }, [SCOPE]))).toBe('GRANT_REFUSED');
    expect(await story.grant({ coverage }, [scopeId])).toMatchObject({ body: { coverage } });
  });

  it('refuses a record that is not there, or is not of the patient', async () => {
    const { bob } = story.people;
    const record = bob.record(bob, story.now, {}, categoryScopeId('bob', 'prescription', 0));
    await story.channel.submit(bob, 'records:FileRecord', record);
    for (const [recordId, code] of [
      [newId(), 'RECORD_NOT_FOUND'],
      [record.recordId, 'GRANT_REFUSED'],
    ] as const) {
      const coverage = { kind: 'record' as const, recordId };
      const { grant, scopes } = story.draft({ coverage }, [recordScopeId('alice', recordId)]);
      expect(await refusal(create(grant, scopes))).toBe(code);
    }
  });

  it('refuses another delegating key than that of the scope', async () => {
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    const delegatingKey = hexOf(SecretKey.random().publicKey().toCompressedBytes());
    const { sealed } = scopes[0]!;
    const scope = alice.commit(grant.body.grantId, SCOPE, sealed, { delegatingKey });
    expect(await refusal(create(grant, [{ scope, sealed }]))).toBe('GRANT_REFUSED');
  });

  it('refuses commitments that are not one for each custodian', async () => {
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    const { sealed } = scopes[0]!;
    for (const wrong of [{ [A]: sealed[A]! }, { ...sealed, HospXMSP: sealed[A]! }]) {
      const scope = alice.commit(grant.body.grantId, SCOPE, wrong);
      expect(await refusal(create(grant, [{ scope, sealed }]))).toBe('GRANT_REFUSED');
    }
  });

  it('refuses a grant as long as one custodian lacks its fragment, or has another one', async () => {
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    expect(await refusal(create(grant, scopes))).toBe('FRAGMENT_MISSING');
    await story.deposit(grant, scopes, [A, B]);
    expect(await refusal(create(grant, scopes))).toBe('FRAGMENT_MISSING');
    const other = alice.sealScope(story.channel, grant, SCOPE);
    await story.deposit(grant, [other], ['HospCMSP']);
    expect(await refusal(create(grant, scopes))).toBe('FRAGMENT_MISSING');
    await story.deposit(grant, scopes, ['HospCMSP']);
    expect(await create(grant, scopes)).toMatchObject({ status: { state: 'active' } });
  });
});

describe('grants:ExtendGrant', () => {
  const next = categoryScopeId('alice', 'prescription', 1);
  const extend = async (
    grant: Grant,
    scopeId: string,
    options: { by?: Person; deposit?: boolean } = {},
  ): Promise<Grant> => {
    const { alice } = story.people;
    const { body, signature } = grant;
    const sealed = alice.sealScope(story.channel, { body, signature }, scopeId);
    if (options.deposit !== false) await story.deposit({ body, signature }, [sealed]);
    const request = { grantId: body.grantId, scopes: [sealed.scope] };
    return story.channel.submit(options.by ?? alice, 'grants:ExtendGrant', request);
  };
  const publish = async (...scopeIds: string[]): Promise<void> => {
    const { alice } = story.people;
    const scopes = scopeIds.map((scopeId) => alice.scope(scopeId, story.now));
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
  };

  it('adds a new epoch of a covered category', async () => {
    const grant = await story.grant();
    await publish(next);
    const extended = await extend(grant, next);
    expect(extended.scopes.map(({ body }) => body.scopeId)).toEqual([SCOPE, next]);
    expect(story.channel.events.at(-1)).toMatchObject({ type: 'grant.extended' });
    const { grantId } = grant.body;
    const stored = await story.channel.evaluate(story.people.alice, 'grants:GetGrant', { grantId });
    expect(stored).toEqual(extended);
  });

  it('adds an earlier epoch', async () => {
    await publish(next);
    const grant = await story.grant({}, [next]);
    const { scopes } = await extend(grant, SCOPE);
    expect(scopes.map(({ body }) => body.scopeId)).toEqual([SCOPE, next]);
  });

  it('changes nothing at a repeat, and refuses other fragments for a scope', async () => {
    const { alice } = story.people;
    const grant = await story.grant();
    const request = { grantId: grant.body.grantId, scopes: grant.scopes };
    expect(await story.channel.submit(alice, 'grants:ExtendGrant', request)).toEqual(grant);
    expect(story.channel.last.writes.size).toBe(0);
    expect(await refusal(extend(grant, SCOPE, { deposit: false }))).toBe('GRANT_EXISTS');
  });

  it('refuses scopes that it does not cover, and a grant of one record', async () => {
    const omics = categoryScopeId('alice', 'omics', 0);
    await publish(omics);
    expect(await refusal(extend(await story.grant(), omics))).toBe('GRANT_REFUSED');
    const { recordId } = await story.file();
    const own = recordScopeId('alice', recordId);
    await publish(own);
    const single = await story.grant({ coverage: { kind: 'record', recordId } }, [own]);
    expect(await refusal(extend(single, SCOPE))).toBe('GRANT_REFUSED');
  });

  it('never covers what is sealed, whichever categories it covers', async () => {
    const sealed = groupScopeId('alice', 'sealed', 0);
    const coverage = { kind: 'categories' as const, categories: [...CATEGORIES] };
    const all = CATEGORIES.map((category) => categoryScopeId('alice', category, 0));
    await publish(sealed, ...all.filter((scopeId) => scopeId !== SCOPE));
    expect(await refusal(story.grant({ coverage }, [...all, sealed]))).toBe('GRANT_REFUSED');
    expect(await refusal(extend(await story.grant({ coverage }, all), sealed))).toBe(
      'GRANT_REFUSED',
    );
  });

  it('refuses a category that the policy has closed since', async () => {
    const { alice } = story.people;
    const grant = await story.grant();
    await publish(next);
    const policy = alice.policy(story.now, { version: 2, closedCategories: ['prescription'] });
    await story.channel.submit(alice, 'registry:PublishPolicy', policy);
    expect(await refusal(extend(grant, next))).toBe('GRANT_REFUSED');
  });

  it('refuses a scope that is not published, or whose fragments are not in place', async () => {
    const grant = await story.grant();
    expect(await refusal(extend(grant, next, { deposit: false }))).toBe('SCOPE_NOT_FOUND');
    await publish(next);
    expect(await refusal(extend(grant, next, { deposit: false }))).toBe('FRAGMENT_MISSING');
  });

  it('refuses everybody but the patient, and unknown grants', async () => {
    const { bob, dave } = story.people;
    const grant = await story.grant();
    await publish(next);
    expect(await refusal(extend(grant, next, { by: bob }))).toBe('SIGNER_MISMATCH');
    expect(await refusal(extend(grant, next, { by: dave }))).toBe('ROLE_DENIED');
    const request = { grantId: newId(), scopes: grant.scopes };
    const unknown = story.channel.submit(story.people.alice, 'grants:ExtendGrant', request);
    expect(await refusal(unknown)).toBe('GRANT_NOT_FOUND');
  });

  it('refuses a grant that has expired or was revoked', async () => {
    const { alice } = story.people;
    const grant = await story.grant();
    await publish(next);
    const { grantId, rule } = grant.body;
    const sealed = alice.sealScope(story.channel, grant, next);
    await story.deposit({ body: grant.body, signature: grant.signature }, [sealed]);
    const request = { grantId, scopes: [sealed.scope] };
    story.channel.now = rule.notAfter;
    const late = story.channel.submit(alice, 'grants:ExtendGrant', request);
    expect(await refusal(late)).toBe('GRANT_EXPIRED');
    await story.channel.submit(alice, 'grants:RevokeGrant', { grantId });
    const revoked = story.channel.submit(alice, 'grants:ExtendGrant', request);
    expect(await refusal(revoked)).toBe('GRANT_REVOKED');
  });
});

describe('grants:GetGrant and grants:ListGrants', () => {
  it('shows a grant to auditors and admins, and to no other user', async () => {
    const { adminB, auditor, bob, carol } = story.people;
    const { grantId } = (await story.grant()).body;
    const get = (by: Person): Promise<Grant> =>
      story.channel.evaluate(by, 'grants:GetGrant', { grantId });
    for (const person of [adminB, auditor])
      expect(await get(person)).toMatchObject({ body: { grantId } });
    for (const person of [bob, carol]) expect(await refusal(get(person))).toBe('ROLE_DENIED');
  });

  it('lists the own grants only, each once, page by page', async () => {
    const { alice, bob, dave } = story.people;
    const given = [(await story.grant()).body.grantId, (await story.grant()).body.grantId];
    const list = async (by: Person, as: 'patient' | 'grantee'): Promise<string[]> => {
      const first = await story.channel.evaluate(by, 'grants:ListGrants', { as, pageSize: 1 });
      const { bookmark } = first;
      if (bookmark === undefined) return first.grants.map(({ body }) => body.grantId);
      const request = { as, pageSize: 1, bookmark };
      const second = await story.channel.evaluate(by, 'grants:ListGrants', request);
      expect(second.bookmark).toBeUndefined();
      return [...first.grants, ...second.grants].map(({ body }) => body.grantId);
    };
    expect(await list(alice, 'patient')).toEqual(given.sort());
    expect(await list(dave, 'grantee')).toEqual(given.sort());
    expect(await list(alice, 'grantee')).toEqual([]);
    expect(await list(bob, 'patient')).toEqual([]);
  });
});
