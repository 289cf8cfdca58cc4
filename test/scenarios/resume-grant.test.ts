/**
 * A grant whose device died, or whose answer got lost, half-way.
 */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import type { CreateGrantOptions } from '@emr-share/gateway-client';
import type { TransactionRecord } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { answerLost, Crash, crashBefore } from '../support/between.js';
import { newPatient, newPhysician, type Person } from '../support/people.js';
import { codeOf } from '../support/refusal.js';

describeOnEachBackend('finishing a grant', (backend) => {
  let patient: Person;
  let physician: Person;
  let record: TransactionRecord;
  let request: CreateGrantOptions & { readonly grantId: string };

  beforeAll(async () => {
    patient = await newPatient(backend());
    const options = {
      patient: patient.userId,
      category: 'omics',
      contentType: 'text/plain',
    } as const;
    ({ record } = await patient.client.records.upload(Buffer.from('genome'), options));
  });

  const fresh = async (): Promise<void> => {
    physician = await newPhysician(backend());
    request = {
      grantee: physician.userId,
      categories: ['omics'],
      purposes: ['TREAT', 'CAREMGT'],
      durationMs: 600_000,
      grantId: randomBytes(16).toString('hex'),
    };
  };
  const read = async (): Promise<string> => {
    const fetched = await physician.client.records.fetch(record.recordId, { purpose: 'TREAT' });
    return Buffer.from(await fetched.bytes()).toString();
  };

  it.each([
    ['grants:DepositFragments', 1],
    ['grants:DepositFragments', 3],
    ['grants:CreateGrant', 1],
  ] as const)('after the device died before %s %d', async (step, nth) => {
    await fresh();
    const dying = await patient.again({ ledger: crashBefore(step, nth) });
    await expect(dying.grants.create(request)).rejects.toThrow(Crash);
    expect(await codeOf(read())).toBe('ACCESS_DENIED');
    expect(await codeOf(patient.client.grants.get(request.grantId))).toBe('GRANT_NOT_FOUND');
    const grant = await patient.client.grants.create(request);
    expect(grant.body.grantId).toBe(request.grantId);
    expect(await read()).toBe('genome');
  });

  it.each(['grants:DepositFragments', 'grants:CreateGrant'] as const)(
    'in the same call where the answer of %s got lost',
    async (step) => {
      await fresh();
      const client = await patient.again({ ledger: answerLost(step) });
      const grant = await client.grants.create(request);
      expect(grant.status.state).toBe('active');
      expect(await read()).toBe('genome');
    },
  );

  it('gives the grant that is there to a repeated call, and deposits nothing', async () => {
    await fresh();
    const grant = await patient.client.grants.create(request);
    const idle = await patient.again({ ledger: crashBefore('grants:DepositFragments') });
    expect(await idle.grants.create({ ...request, purposes: ['CAREMGT', 'TREAT'] })).toEqual(grant);
    expect(await read()).toBe('genome');
  });

  it('refuses other terms under the same ID, and leaves the grant as it is', async () => {
    await fresh();
    const grant = await patient.client.grants.create(request);
    const { grants } = patient.client;
    for (const change of [
      { durationMs: 1000 },
      { purposes: ['TREAT'] as const },
      { threshold: 3 },
    ]) {
      expect(await codeOf(grants.create({ ...request, ...change }))).toBe('GRANT_EXISTS');
    }
    expect(await grants.get(request.grantId)).toEqual(grant);
    expect(await read()).toBe('genome');
  });

  it('does not bring a revoked grant back', async () => {
    await fresh();
    await patient.client.grants.create(request);
    await patient.client.grants.revoke(request.grantId, { rollEpoch: false });
    expect(await codeOf(patient.client.grants.create(request))).toBe('GRANT_REVOKED');
  });

  it("refuses what the patient's policy or the network rules out, before anything is deposited", async () => {
    await fresh();
    const idle = await patient.again({ ledger: crashBefore('grants:DepositFragments') });
    const { grants } = idle;
    const refusals: [Partial<CreateGrantOptions>, string][] = [
      [{ purposes: ['HRESCH'] }, 'GRANT_REFUSED'],
      [{ durationMs: 10 * 365 * 86_400_000 }, 'GRANT_REFUSED'],
      [{ grantee: 'd.nobody' }, 'USER_NOT_FOUND'],
      [{ grantee: 'No Body' }, 'INPUT_INVALID'],
      [{ threshold: 4 }, 'INPUT_INVALID'],
      [{ grantId: 'x' }, 'INPUT_INVALID'],
    ];
    for (const [change, code] of refusals) {
      expect(await codeOf(grants.create({ ...request, ...change }))).toBe(code);
    }
    const minority = patient.client.grants.create({ ...request, threshold: 1 });
    expect(await codeOf(minority)).toBe('GRANT_REFUSED');
  });

  it('leaves the number of grants at one for each that was finished', async () => {
    await fresh();
    const count = async (): Promise<number> =>
      (await all(physician.client.grants.list({ as: 'grantee' }))).length;
    await Promise.allSettled([
      patient.client.grants.create(request),
      (await patient.again()).grants.create(request),
    ]);
    expect(await count()).toBeLessThanOrEqual(1);
    await patient.client.grants.create(request);
    expect(await count()).toBe(1);
    expect(await read()).toBe('genome');
  });
});
