import { beforeEach, describe, expect, it } from '@jest/globals';
import { SecretKey, Signer } from '@emr-share/crypto';
import { categoryScopeId, type ErrorCode, type SignedGrant } from '@emr-share/model';
import type { Organization } from './support/channel.js';
import { HospitalStory, refusal, SCOPE } from './support/hospital-story.js';
import {
  depositFor,
  hexOf,
  newId,
  type Person,
  type SealedScope,
  type SealOptions,
} from './support/person.js';

let story: HospitalStory;

beforeEach(async () => {
  story = await HospitalStory.begin();
});

const A = 'HospAMSP';
const B = 'HospBMSP';

describe('grants:DepositFragments', () => {
  const deposit = (
    grant: SignedGrant,
    scopes: readonly SealedScope[],
    options: {
      by?: Person;
      mspId?: Organization;
      at?: Organization;
      transient?: Record<string, Uint8Array>;
      grantId?: string;
    } = {},
  ): Promise<unknown> => {
    const {
      by = story.people.alice,
      mspId = A,
      at = mspId,
      grantId = grant.body.grantId,
    } = options;
    return story.channel.submit(
      by,
      'grants:DepositFragments',
      { grantId, mspId },
      { organizations: [at], transient: options.transient ?? depositFor(mspId, grant, scopes) },
    );
  };

  /** Deposits fragments that are wrong in some way. */
  const depositWrong = (options: SealOptions): Promise<ErrorCode> => {
    const { alice, dave } = story.people;
    const grant = alice.grant(dave, story.now);
    return refusal(deposit(grant, [alice.sealScope(story.channel, grant, SCOPE, options)]));
  };

  it('puts the sealed fragment into the private data of the custodian, and nothing else anywhere', async () => {
    const { grant, scopes } = story.draft();
    const answer = await deposit(grant, scopes);
    expect(answer).toEqual({ grantId: grant.body.grantId, mspId: A, deposited: [SCOPE] });
    const { writes, privateWrites } = story.channel.last;
    expect(writes.size).toBe(0);
    expect([...privateWrites.values()].map((value) => hexOf(value!))).toEqual([
      scopes[0]!.sealed[A],
    ]);
  });

  it('takes a repeat, and freshly sealed fragments, while there is no grant', async () => {
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    await deposit(grant, scopes);
    await deposit(grant, scopes);
    const again = alice.sealScope(story.channel, grant, SCOPE);
    await deposit(grant, [again]);
    expect([...story.channel.last.privateWrites.values()].map((v) => hexOf(v!))).toEqual([
      again.sealed[A],
    ]);
  });

  it('refuses a deposit for another organization than the one that is asked', async () => {
    const { grant, scopes } = story.draft();
    expect(await refusal(deposit(grant, scopes, { mspId: A, at: B }))).toBe('INPUT_INVALID');
  });

  it('refuses transient data that is missing, or is no deposit, or of another grant', async () => {
    const { grant, scopes } = story.draft();
    for (const transient of [
      {},
      { fragments: Buffer.from('{}') },
      { fragments: Buffer.from([1]) },
    ]) {
      expect(await refusal(deposit(grant, scopes, { transient }))).toBe('INPUT_INVALID');
    }
    expect(await refusal(deposit(grant, scopes, { grantId: newId() }))).toBe('INPUT_INVALID');
  });

  it('refuses everybody but the patient of the grant', async () => {
    const { adminA, bob, dave } = story.people;
    const { grant, scopes } = story.draft();
    expect(await refusal(deposit(grant, scopes, { by: bob }))).toBe('SIGNER_MISMATCH');
    expect(await refusal(deposit(grant, scopes, { by: dave }))).toBe('ROLE_DENIED');
    expect(await refusal(deposit(grant, scopes, { by: adminA }))).toBe('ROLE_DENIED');
  });

  it('refuses a grant or a scope that the patient did not sign', async () => {
    const { bob } = story.people;
    const { grant, scopes } = story.draft();
    const [{ scope, sealed }] = scopes as [SealedScope];
    const forgedGrant = bob.sign('grant', grant.body);
    expect(await refusal(deposit(forgedGrant, scopes))).toBe('SIGNATURE_INVALID');
    const forgedScope = { scope: bob.sign('grant-scope', scope.body), sealed };
    expect(await refusal(deposit(grant, [forgedScope]))).toBe('SIGNATURE_INVALID');
  });

  it('refuses a scope of another grant, of another patient, or named twice', async () => {
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    const [{ scope, sealed }] = scopes as [SealedScope];
    const other = alice.commit(newId(), SCOPE, sealed);
    expect(await refusal(deposit(grant, [{ scope: other, sealed }]))).toBe('INPUT_INVALID');
    const bobs = alice.commit(scope.body.grantId, categoryScopeId('bob', 'omics', 0), sealed);
    expect(await refusal(deposit(grant, [{ scope: bobs, sealed }]))).toBe('INPUT_INVALID');
    expect(await refusal(deposit(grant, [...scopes, ...scopes]))).toBe('INPUT_INVALID');
  });

  it('refuses scopes that the grant does not cover, or that are not published', async () => {
    const { alice } = story.people;
    const omics = categoryScopeId('alice', 'omics', 0);
    const scopes = [alice.scope(omics, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    const { grant } = story.draft();
    const uncovered = alice.sealScope(story.channel, grant, omics);
    expect(await refusal(deposit(grant, [uncovered]))).toBe('GRANT_REFUSED');
    const next = categoryScopeId('alice', 'prescription', 1);
    const unpublished = alice.sealScope(story.channel, grant, next);
    expect(await refusal(deposit(grant, [unpublished]))).toBe('SCOPE_NOT_FOUND');
  });

  it('refuses an organization that is no custodian of the grant', async () => {
    const { grant, scopes } = story.draft({ custodians: [B], threshold: 1 });
    const [{ scope, sealed }] = scopes as [SealedScope];
    const forA = [{ scope, sealed: { [A]: sealed[B]! } }];
    expect(await refusal(deposit(grant, forA))).toBe('FRAGMENT_INVALID');
  });

  it('refuses a fragment that the patient did not commit to', async () => {
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    const [{ scope, sealed }] = scopes as [SealedScope];
    const other = alice.sealScope(story.channel, grant, SCOPE).sealed;
    expect(await refusal(deposit(grant, [{ scope, sealed: other }]))).toBe('FRAGMENT_INVALID');
    const uncommitted = alice.commit(grant.body.grantId, SCOPE, { [B]: sealed[B]! });
    expect(await refusal(deposit(grant, [{ scope: uncommitted, sealed }]))).toBe(
      'FRAGMENT_INVALID',
    );
  });

  it('refuses a fragment sealed to another organization', async () => {
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    const sealed = { ...scopes[0]!.sealed, [A]: scopes[0]!.sealed[B]! };
    const scope = alice.commit(grant.body.grantId, SCOPE, sealed);
    expect(await refusal(deposit(grant, [{ scope, sealed }]))).toBe('FRAGMENT_INVALID');
  });

  it('refuses a fragment that is cut short, or altered, although committed to', async () => {
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    const box = scopes[0]!.sealed[A]!;
    const altered = `${box.slice(0, 400)}${box[400] === '0' ? '1' : '0'}${box.slice(401)}`;
    for (const bad of [box.slice(0, -2), altered]) {
      const sealed = { ...scopes[0]!.sealed, [A]: bad };
      const scope = alice.commit(grant.body.grantId, SCOPE, sealed);
      expect(await refusal(deposit(grant, [{ scope, sealed }]))).toBe('FRAGMENT_INVALID');
    }
  });

  it.each(['grantId', 'mspId', 'scopeId'])(
    'refuses a fragment sealed in a context with another %s',
    async (member) => {
      expect(await depositWrong({ context: { [member]: 'other' } })).toBe('FRAGMENT_INVALID');
    },
  );

  it('refuses a fragment that delegates to another reader', async () => {
    const receiving = story.people.carol.reader.publicKey().toCompressedBytes();
    expect(await depositWrong({ receiving })).toBe('FRAGMENT_INVALID');
  });

  it('refuses a fragment of another delegating key', async () => {
    expect(await depositWrong({ delegating: SecretKey.random() })).toBe('FRAGMENT_INVALID');
  });

  it('refuses a fragment that another signer vouches for', async () => {
    expect(await depositWrong({ signer: new Signer(SecretKey.random()) })).toBe('FRAGMENT_INVALID');
  });

  it('refuses a fragment that does not sign for which keys it is', async () => {
    expect(await depositWrong({ signDelegatingKey: false })).toBe('FRAGMENT_INVALID');
    expect(await depositWrong({ signReceivingKey: false })).toBe('FRAGMENT_INVALID');
  });

  it('refuses to replace what a grant on the ledger refers to', async () => {
    const { alice } = story.people;
    const {
      body,
      signature,
      scopes: [scope],
    } = await story.grant();
    const grant = { body, signature };
    const other = alice.sealScope(story.channel, grant, SCOPE);
    expect(await refusal(deposit(grant, [other]))).toBe('GRANT_EXISTS');
    const terms = alice.sign('grant', { ...body, threshold: 3 });
    const sealed = alice.sealScope(story.channel, terms, SCOPE);
    expect(await refusal(deposit(terms, [sealed]))).toBe('GRANT_EXISTS');
    expect(scope!.body.scopeId).toBe(SCOPE);
  });

  it('refuses a deposit for a grant that has ended, so that nothing returns after a purge', async () => {
    const { alice } = story.people;
    const { grant, scopes } = story.draft();
    await story.deposit(grant, scopes);
    const request = { grant, scopes: scopes.map(({ scope }) => scope) };
    await story.channel.submit(alice, 'grants:CreateGrant', request);
    await deposit(grant, scopes);
    story.channel.now = grant.body.rule.notAfter;
    expect(await refusal(deposit(grant, scopes))).toBe('GRANT_EXPIRED');
    const { grantId } = grant.body;
    await story.channel.submit(alice, 'grants:RevokeGrant', { grantId });
    expect(await refusal(deposit(grant, scopes))).toBe('GRANT_REVOKED');
  });
});
