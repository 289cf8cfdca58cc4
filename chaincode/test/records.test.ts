import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  categoryScopeId,
  groupScopeId,
  recordScopeId,
  type RecordBody,
  type TransactionRecord,
} from '@emr-share/model';
import { MAX_CLOCK_SKEW_MS } from '../src/index.js';
import { HospitalStory, refusal, SCOPE } from './support/hospital-story.js';
import { newId, Person } from './support/person.js';

let story: HospitalStory;

beforeEach(async () => {
  story = await HospitalStory.begin();
});

const submit = (by: Person, record: TransactionRecord): Promise<TransactionRecord> =>
  story.channel.submit(by, 'records:FileRecord', record);

describe('records:FileRecord', () => {
  const fileWith = (
    changes: Partial<RecordBody>,
    scopeId: string = SCOPE,
  ): Promise<TransactionRecord> => {
    const { alice, carol } = story.people;
    return submit(carol, carol.record(alice, story.now, changes, scopeId));
  };

  it('files a record as its author signed it, and logs it for the patient', async () => {
    const { alice, carol } = story.people;
    const record = carol.record(alice, story.now);
    expect(await submit(carol, record)).toEqual(record);
    const { recordId } = record;
    const stored = await story.channel.evaluate(alice, 'records:GetRecord', { recordId });
    expect(stored).toEqual(record);
    expect(story.channel.events.at(-1)).toEqual({
      type: 'record.filed',
      at: story.now,
      transactionId: expect.stringMatching(/^[0-9a-f]{64}$/),
      actor: 'dr.carol',
      mspId: 'HospBMSP',
      patient: 'alice',
      recordId,
    });
  });

  it('takes the own records of a patient, and those of a device', async () => {
    const { alice, monitor } = story.people;
    await submit(alice, alice.record(alice, story.now));
    await submit(monitor, monitor.record(alice, story.now));
    const { records } = await story.channel.evaluate(alice, 'records:ListRecords', {
      patient: 'alice',
    });
    expect(records.map(({ author }) => author).sort()).toEqual(['alice', 'monitor-7']);
  });

  it('returns the record to a repeat, long after, and under a newer policy and epoch', async () => {
    const { alice, carol } = story.people;
    const record = carol.record(alice, story.now);
    await submit(carol, record);
    await story.channel.submit(
      alice,
      'registry:PublishPolicy',
      alice.policy(story.now, { version: 2 }),
    );
    const next = alice.scope(categoryScopeId('alice', 'prescription', 1), story.now);
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes: [next] });
    story.channel.now += 86_400_000;
    expect(await submit(carol, record)).toEqual(record);
    expect(story.channel.last.writes.size).toBe(0);
  });

  it('refuses a signer whom nobody registered', async () => {
    const { alice, carol } = story.people;
    const ghost = await Person.enrolled('HospBMSP', 'dr.ghost', 'physician');
    expect(await refusal(submit(ghost, ghost.record(alice, story.now)))).toBe(
      'CALLER_UNREGISTERED',
    );
    expect(await refusal(submit(carol, ghost.record(alice, story.now)))).toBe(
      'SIGNER_UNREGISTERED',
    );
  });

  it('refuses a record in the name of another physician', async () => {
    const { alice, carol, dave } = story.people;
    expect(await refusal(submit(dave, carol.record(alice, story.now)))).toBe('SIGNER_MISMATCH');
    const posing = dave.record(alice, story.now, { author: carol.userId });
    expect(await refusal(submit(dave, posing))).toBe('SIGNER_MISMATCH');
    expect(await refusal(submit(carol, posing))).toBe('SIGNATURE_INVALID');
  });

  it('refuses a record of the same doctor and date with altered content', async () => {
    const { alice, carol, dave } = story.people;
    const record = carol.record(alice, story.now);
    await submit(carol, record);
    const metadata = { ...record.metadata, ciphertextSha256: '0'.repeat(64) };
    const altered = { ...record, metadata };
    expect(await refusal(submit(carol, altered))).toBe('SIGNATURE_INVALID');
    const { signature: _signature, ...body } = altered;
    const resigned = dave.sign('record', body).signature;
    expect(await refusal(submit(carol, { ...body, signature: resigned }))).toBe(
      'SIGNATURE_INVALID',
    );
    const byAuthor = { ...body, signature: carol.sign('record', body).signature };
    expect(await refusal(submit(carol, byAuthor))).toBe('RECORD_EXISTS');
  });

  it('refuses authors in roles that do not file', async () => {
    const { adminA, alice, auditor } = story.people;
    for (const author of [auditor, adminA]) {
      expect(await refusal(submit(author, author.record(alice, story.now)))).toBe('ROLE_DENIED');
    }
  });

  it('refuses a patient who files for another', async () => {
    const { alice, bob } = story.people;
    const scopeId = categoryScopeId('bob', 'prescription', 0);
    const record = alice.record(bob, story.now, {}, scopeId);
    expect(await refusal(submit(alice, record))).toBe('ROLE_DENIED');
  });

  it.each([-1, 1])('refuses a timestamp beyond the skew, direction %d', async (direction) => {
    const timestamp = story.now + direction * (MAX_CLOCK_SKEW_MS + 1);
    expect(await refusal(fileWith({ timestamp }))).toBe('TIMESTAMP_SKEW');
  });

  it('refuses a subject who is no patient', async () => {
    const { carol, dave } = story.people;
    const scopeId = categoryScopeId(dave.userId, 'prescription', 0);
    const record = carol.record(dave, story.now, {}, scopeId);
    expect(await refusal(submit(carol, record))).toBe('ROLE_DENIED');
    const stranger = { ...record, patient: 'nobody' };
    const { signature: _signature, ...body } = stranger;
    const signed = { ...body, signature: carol.sign('record', body).signature };
    expect(await refusal(submit(carol, signed))).toBe('USER_NOT_FOUND');
  });

  it('refuses a policy that is not in force', async () => {
    expect(await refusal(fileWith({ policy: { patient: 'alice', version: 2 } }))).toBe(
      'POLICY_STALE',
    );
    expect(await refusal(fileWith({ policy: { patient: 'bob', version: 1 } }))).toBe(
      'INPUT_INVALID',
    );
  });

  it('refuses a patient without a policy', async () => {
    const { carol } = story.people;
    const eve = await Person.enrolled('HospAMSP', 'eve', 'patient');
    await story.channel.submit(eve, 'registry:RegisterUser', eve.registration(story.now));
    const record = carol.record(eve, story.now, {}, categoryScopeId('eve', 'prescription', 0));
    expect(await refusal(submit(carol, record))).toBe('POLICY_NOT_FOUND');
  });

  it('refuses a scope that has ended, or has not begun', async () => {
    const { alice } = story.people;
    const epoch1 = categoryScopeId('alice', 'prescription', 1);
    expect(await refusal(fileWith({}, epoch1))).toBe('SCOPE_NOT_FOUND');
    const scopes = [alice.scope(epoch1, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    expect(await refusal(fileWith({}, SCOPE))).toBe('SCOPE_STALE');
    expect(await fileWith({}, epoch1)).toMatchObject({ patient: 'alice' });
  });

  it.each([
    ['another category', categoryScopeId('alice', 'omics', 0)],
    ['a record', recordScopeId('alice', '0'.repeat(32))],
    ['another patient', categoryScopeId('bob', 'prescription', 0)],
    ['sealed records', groupScopeId('alice', 'sealed', 0)],
  ])('refuses a key wrap for the scope of %s', async (_what, scopeId) => {
    expect(await refusal(fileWith({}, scopeId))).toBe('INPUT_INVALID');
  });

  describe('of a sealed record', () => {
    const info: RecordBody['info'] = {
      category: 'prescription',
      securityLevel: 'sealed',
      contentType: 'text/plain',
      sizeBytes: 4,
      cid: `b${'a'.repeat(58)}`,
    };
    const sealed = (epoch: number): string => groupScopeId('alice', 'sealed', epoch);
    const publish = (scopeId: string): Promise<unknown> => {
      const scopes = [story.people.alice.scope(scopeId, story.now)];
      return story.channel.submit(story.people.alice, 'registry:PublishScopes', { scopes });
    };

    it('takes the scope of sealed records only', async () => {
      expect(await refusal(fileWith({ info }, sealed(0)))).toBe('SCOPE_NOT_FOUND');
      await publish(sealed(0));
      expect(await refusal(fileWith({ info }, SCOPE))).toBe('INPUT_INVALID');
      expect(await fileWith({ info }, sealed(0))).toMatchObject({ info });
    });

    it('takes the current epoch only', async () => {
      await publish(sealed(0));
      await publish(sealed(1));
      expect(await refusal(fileWith({ info }, sealed(0)))).toBe('SCOPE_STALE');
      expect(await refusal(fileWith({ info }, sealed(2)))).toBe('SCOPE_NOT_FOUND');
      expect(await fileWith({ info }, sealed(1))).toMatchObject({ info });
    });
  });

  it('refuses a category that the patient has not opened', async () => {
    const { alice, carol } = story.people;
    const record = carol.record(alice, story.now, {}, categoryScopeId('alice', 'omics', 0));
    const info = { ...record.info, category: 'omics', securityLevel: 'low' } as const;
    const { signature: _signature, ...body } = { ...record, info };
    const signed = { ...body, signature: carol.sign('record', body).signature };
    expect(await refusal(submit(carol, signed))).toBe('SCOPE_NOT_FOUND');
  });

  it('refuses a capsule that does not verify', async () => {
    const { alice, carol } = story.people;
    const { metadata } = carol.record(alice, story.now);
    const other = alice.keyWrap(SCOPE).keyWrap.capsule;
    const capsule = metadata.keyWrap.capsule.slice(0, 132) + other.slice(132);
    const changes = { metadata: { ...metadata, keyWrap: { ...metadata.keyWrap, capsule } } };
    expect(await refusal(fileWith(changes))).toBe('INPUT_INVALID');
  });
});

describe('records:GetRecord and records:ListRecords', () => {
  const get = (by: Person, recordId: string): Promise<TransactionRecord> =>
    story.channel.evaluate(by, 'records:GetRecord', { recordId });
  const list = async (by: Person, patient = 'alice'): Promise<string[]> => {
    const { records } = await story.channel.evaluate(by, 'records:ListRecords', { patient });
    return records.map(({ recordId }) => recordId);
  };

  it('shows a record to its patient, its author and auditors', async () => {
    const { alice, auditor, carol } = story.people;
    const record = await story.file();
    for (const person of [alice, auditor, carol]) {
      expect(await get(person, record.recordId)).toEqual(record);
      expect(await list(person)).toEqual([record.recordId]);
    }
  });

  it('shows it to a grantee, and hides it from everybody else', async () => {
    const { adminA, bob, dave, monitor } = story.people;
    const { recordId } = await story.file();
    for (const person of [adminA, bob, dave, monitor]) {
      expect(await refusal(get(person, recordId))).toBe('ACCESS_DENIED');
      expect(await list(person)).toEqual([]);
    }
    await story.grant();
    expect(await get(dave, recordId)).toMatchObject({ recordId });
    expect(await list(dave)).toEqual([recordId]);
  });

  it('lists for a grantee only what is granted and in force', async () => {
    const { alice, carol, dave } = story.people;
    const other = categoryScopeId('alice', 'omics', 0);
    const scopes = [alice.scope(other, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    const granted = await story.file();
    const draft = carol.record(alice, story.now, {}, other);
    const info = { ...draft.info, category: 'omics', securityLevel: 'low' } as const;
    await submit(carol, carol.record(alice, story.now, { info }, other));
    const grant = await story.grant();
    expect(await list(dave)).toEqual([granted.recordId]);
    const { grantId } = grant.body;
    await story.channel.submit(alice, 'grants:RevokeGrant', { grantId });
    expect(await list(dave)).toEqual([]);
  });

  it('lists by category', async () => {
    const { alice } = story.people;
    await story.file();
    const request = { patient: 'alice', category: 'omics' } as const;
    const { records } = await story.channel.evaluate(alice, 'records:ListRecords', request);
    expect(records).toEqual([]);
  });

  it('lists every record once, page by page', async () => {
    const { alice } = story.people;
    const filed: string[] = [];
    for (let i = 0; i < 5; i++) filed.push((await story.file()).recordId);
    const seen: string[] = [];
    let bookmark: string | undefined;
    do {
      const request = { patient: 'alice', pageSize: 2, ...(bookmark && { bookmark }) };
      const page = await story.channel.evaluate(alice, 'records:ListRecords', request);
      seen.push(...page.records.map(({ recordId }) => recordId));
      bookmark = page.bookmark;
    } while (bookmark !== undefined);
    expect(seen).toEqual(filed.sort());
  });

  it('refuses a bookmark that leads to the records of another patient', async () => {
    const { bob } = story.people;
    const { recordId } = await story.file();
    const bookmark = `\0recordOf\0alice\0${recordId}\0`;
    const request = { patient: 'bob', bookmark };
    const call = story.channel.evaluate(bob, 'records:ListRecords', request);
    expect(await refusal(call)).toBe('INPUT_INVALID');
  });

  it('knows no record that was not filed', async () => {
    expect(await refusal(get(story.people.alice, newId()))).toBe('RECORD_NOT_FOUND');
  });
});

describe('records:WrapRecord', () => {
  const wrapFor = async (): Promise<{ recordId: string; scopeId: string }> => {
    const { alice } = story.people;
    const { recordId } = await story.file();
    const scopeId = recordScopeId('alice', recordId);
    const scopes = [alice.scope(scopeId, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    return { recordId, scopeId };
  };

  it('adds a wrap that the parties can read', async () => {
    const { alice, auditor, bob } = story.people;
    const { recordId, scopeId } = await wrapFor();
    const wrap = alice.wrap(recordId, scopeId);
    expect(await story.channel.submit(alice, 'records:WrapRecord', wrap)).toEqual(wrap);
    const request = { recordId, scopeId };
    expect(await story.channel.evaluate(auditor, 'records:GetWrap', request)).toEqual(wrap);
    expect(await refusal(story.channel.evaluate(bob, 'records:GetWrap', request))).toBe(
      'ACCESS_DENIED',
    );
    expect(story.channel.events.at(-1)).toMatchObject({ type: 'record.wrapped', recordId });
  });

  it('returns the wrap to a repeat and refuses another one', async () => {
    const { alice } = story.people;
    const { recordId, scopeId } = await wrapFor();
    const wrap = alice.wrap(recordId, scopeId);
    await story.channel.submit(alice, 'records:WrapRecord', wrap);
    expect(await story.channel.submit(alice, 'records:WrapRecord', wrap)).toEqual(wrap);
    expect(story.channel.last.writes.size).toBe(0);
    const other = story.channel.submit(alice, 'records:WrapRecord', alice.wrap(recordId, scopeId));
    expect(await refusal(other)).toBe('WRAP_EXISTS');
  });

  it('refuses everybody but the patient of the record', async () => {
    const { alice, bob, carol } = story.people;
    const { recordId, scopeId } = await wrapFor();
    const wrap = alice.wrap(recordId, scopeId);
    const by = (person: Person): Promise<unknown> =>
      story.channel.submit(person, 'records:WrapRecord', wrap);
    expect(await refusal(by(bob))).toBe('SIGNER_MISMATCH');
    expect(await refusal(by(carol))).toBe('ROLE_DENIED');
    const posing = bob.wrap(recordId, recordScopeId('bob', recordId));
    const call = story.channel.submit(bob, 'records:WrapRecord', posing);
    expect(await refusal(call)).toBe('ACCESS_DENIED');
  });

  it('refuses a forged signature, another scope, an unpublished one, and a bad capsule', async () => {
    const { alice, bob } = story.people;
    const wrapAs = (wrap: ReturnType<Person['wrap']>): Promise<unknown> =>
      story.channel.submit(alice, 'records:WrapRecord', wrap);
    const { recordId } = await story.file();
    const scopeId = recordScopeId('alice', recordId);
    const wrap = alice.wrap(recordId, scopeId);
    expect(await refusal(wrapAs(bob.sign('wrap', wrap.body)))).toBe('SIGNATURE_INVALID');
    expect(await refusal(wrapAs(alice.wrap(recordId, SCOPE)))).toBe('INPUT_INVALID');
    expect(await refusal(wrapAs(wrap))).toBe('SCOPE_NOT_FOUND');
    expect(await refusal(wrapAs(alice.wrap(newId(), scopeId)))).toBe('RECORD_NOT_FOUND');
    const scopes = [alice.scope(scopeId, story.now)];
    await story.channel.submit(alice, 'registry:PublishScopes', { scopes });
    const keyWrap = { ...wrap.body.keyWrap, capsule: '0'.repeat(196) };
    const broken = alice.sign('wrap', { ...wrap.body, keyWrap });
    expect(await refusal(wrapAs(broken))).toBe('INPUT_INVALID');
  });

  it('has no wrap that was not made', async () => {
    const { alice } = story.people;
    const { recordId, scopeId } = await wrapFor();
    const call = story.channel.evaluate(alice, 'records:GetWrap', { recordId, scopeId });
    expect(await refusal(call)).toBe('WRAP_NOT_FOUND');
  });
});
