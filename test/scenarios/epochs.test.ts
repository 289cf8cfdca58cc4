/**
 * Revoking starts a new epoch: the one who was revoked is out for good, the others go on.
 */
import { beforeAll, expect, it } from '@jest/globals';
import type { Category, Grant, TransactionRecord } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { Crash, crashBefore } from '../support/between.js';
import { newPatient, newPhysician, type Person } from '../support/people.js';
import { codeOf } from '../support/refusal.js';

describeOnEachBackend('epochs', (backend) => {
  let patient: Person;
  let revoked: Person;
  let staying: Person;

  const file = async (text: string, category: Category): Promise<TransactionRecord> => {
    const options = { patient: patient.userId, category, contentType: 'text/plain' };
    return (await patient.client.records.upload(Buffer.from(text), options)).record;
  };
  const read = async (reader: Person, { recordId }: TransactionRecord): Promise<string> => {
    const fetched = await reader.client.records.fetch(recordId, { purpose: 'TREAT' });
    return Buffer.from(await fetched.bytes()).toString();
  };
  const grantTo = (grantee: Person, ...categories: Category[]): Promise<Grant> =>
    patient.client.grants.create({
      grantee: grantee.userId,
      categories,
      purposes: ['TREAT'],
      durationMs: 600_000,
    });
  const epochs = (grant: Grant): string[] =>
    grant.scopes.map(({ body }) => body.scopeId.replace(`${patient.userId}/`, ''));

  beforeAll(async () => {
    patient = await newPatient(backend());
    revoked = await newPhysician(backend(), { name: 'd.revoked' });
    staying = await newPhysician(backend(), { name: 'd.staying', mspId: 'HospCMSP' });
  });

  it('goes on for other grantees, with what was filed before and after', async () => {
    const before = await file('before', 'medicine');
    const grant = await grantTo(revoked, 'medicine', 'omics');
    const other = await grantTo(staying, 'medicine');
    await patient.client.grants.revoke(grant.body.grantId);

    const after = await file('after', 'medicine');
    expect(after.metadata.keyWrap.scopeId).toBe(`${patient.userId}/medicine/1`);
    expect(await read(staying, before)).toBe('before');
    expect(await read(staying, after)).toBe('after');
    expect(await codeOf(read(revoked, after))).toBe('SCOPE_NOT_GRANTED');
    expect(await codeOf(read(revoked, before))).toBe('GRANT_REVOKED');
    const went = await patient.client.grants.get(other.body.grantId);
    expect(epochs(went)).toEqual(['medicine/0', 'medicine/1']);
  });

  it('starts one only in the categories that the grant opened, and once', async () => {
    const scopes = await patient.client.identity.openScopes(['medicine', 'omics', 'prescription']);
    expect(scopes.map((scopeId) => scopeId.replace(`${patient.userId}/`, ''))).toEqual([
      'medicine/1',
      'omics/1',
      'prescription/0',
    ]);
    const [first] = await all(revoked.client.grants.list({ as: 'grantee' }));
    await patient.client.grants.revoke(first!.body.grantId);
    expect(await patient.client.identity.openScopes(['medicine'])).toEqual([scopes[0]]);
  });

  it('opens earlier epochs to a new grantee, unless the patient says otherwise', async () => {
    const newcomer = await newPhysician(backend(), { name: 'd.newcomer' });
    const later = await newPhysician(backend(), { name: 'd.later' });
    const [old] = await all(patient.client.records.list({ category: 'medicine' })).then((records) =>
      records.filter(({ metadata }) => metadata.keyWrap.scopeId.endsWith('/0')),
    );
    expect(epochs(await grantTo(newcomer, 'medicine'))).toEqual(['medicine/0', 'medicine/1']);
    expect(await read(newcomer, old!)).toBe('before');

    const onward = await patient.client.grants.create({
      grantee: later.userId,
      categories: ['medicine'],
      purposes: ['TREAT'],
      durationMs: 600_000,
      includeEarlier: false,
    });
    expect(epochs(onward)).toEqual(['medicine/1']);
    expect(await codeOf(read(later, old!))).toBe('SCOPE_NOT_GRANTED');
  });

  it('can be left out', async () => {
    const grant = await grantTo(revoked, 'sensor-data');
    await patient.client.grants.revoke(grant.body.grantId, { rollEpoch: false });
    const [scope] = await patient.client.identity.openScopes(['sensor-data']);
    expect(scope).toBe(`${patient.userId}/sensor-data/0`);
  });

  it.each([
    ['grants:RevokeGrant', 1],
    ['registry:PublishScopes', 1],
    ['grants:PurgeFragments', 1],
    ['grants:PurgeFragments', 2],
    ['grants:DepositFragments', 2],
    ['grants:ExtendGrant', 1],
    ['grants:CloseGrant', 1],
  ] as const)(
    'is finished by revoking again where the device died before %s %d',
    async (step, nth) => {
      const mine = await grantTo(revoked, 'prescription');
      const other = await grantTo(staying, 'prescription');
      const before = epochs(other);
      const dying = await patient.again({ ledger: crashBefore(step, nth) });
      await expect(dying.grants.revoke(mine.body.grantId)).rejects.toThrow(Crash);

      const receipt = await patient.client.grants.revoke(mine.body.grantId);
      expect(receipt.purged).toHaveLength(backend().organizations.length);
      const after = await file(`after ${step} ${nth}`, 'prescription');
      expect(await read(staying, after)).toBe(`after ${step} ${nth}`);
      expect(await codeOf(read(revoked, after))).toBe('SCOPE_NOT_GRANTED');
      const went = await patient.client.grants.get(other.body.grantId);
      expect(epochs(went)).toHaveLength(before.length + 1);
      await patient.client.grants.revoke(other.body.grantId, { rollEpoch: false });
    },
  );

  it('lets a grantee give a grant up; the patient purges and closes it', async () => {
    const grant = await grantTo(staying, 'admission-record');
    const { grantId } = grant.body;
    expect((await staying.client.grants.renounce(grantId)).status.state).toBe('revoked');
    expect(await codeOf(staying.client.grants.receipt(grantId))).toBe('RECEIPT_NOT_FOUND');
    expect(await codeOf(staying.client.grants.revoke(grantId))).toBe('INPUT_INVALID');
    const receipt = await patient.client.grants.revoke(grantId);
    expect(receipt.purged).toHaveLength(backend().organizations.length);
  });
});
