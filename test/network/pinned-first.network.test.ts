/**
 * What the ledger names is on two nodes already; what a crash left there, no node keeps.
 */
import { expect, it } from '@jest/globals';
import { create } from 'kubo-rpc-client';
import { connectionProfiles } from '@emr-share/network';
import { describeOnEachBackend } from '../support/backends.js';
import { Crash, interceptedLedger } from '../support/between.js';
import { sharedNetworkDir } from '../support/network.js';
import { newPatient } from '../support/people.js';

const CONTENT = new Uint8Array(3 << 20).fill(5);
const nobody = { isReferenced: () => Promise.resolve(false), olderThanMs: 0 };
const everybody = { isReferenced: () => Promise.resolve(true), olderThanMs: 0 };

/** On each node, the names of the pins that belong to content of ours. */
async function pins(): Promise<string[][]> {
  const [profile] = Object.values(await connectionProfiles(sharedNetworkDir()));
  return Promise.all(
    profile!.stores.map(async ({ url }) => {
      const names: string[] = [];
      for await (const { name } of create({ url }).pin.ls({ type: 'recursive', names: true })) {
        if (name?.startsWith('emr-share/') === true) names.push(name);
      }
      return names;
    }),
  );
}

const counts = async (prefix: string): Promise<number[]> =>
  (await pins()).map((names) => names.filter((name) => name.startsWith(prefix)).length);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describeOnEachBackend('content and ledger', (backend) => {
  it('are written in this order: pinned on two nodes, committed, filed for good', async () => {
    const patient = await newPatient(backend());
    const staged: number[][] = [];
    const client = await patient.again({
      ledger: (real) =>
        interceptedLedger(real, async (call, pass) => {
          if (call.name === 'records:FileRecord') staged.push(await counts('emr-share/staged/'));
          return pass();
        }),
    });
    const before = await counts('emr-share/filed');
    const options = { patient: patient.userId, category: 'omics', contentType: 'a/b' } as const;
    const { record } = await client.records.upload(CONTENT, options);
    expect(staged.map((numbers) => numbers.filter((count) => count === 1).length)).toEqual([2]);
    expect(sum(await counts('emr-share/staged/'))).toBe(0);
    expect(sum(await counts('emr-share/filed'))).toBe(sum(before) + 2);
    expect(await backend().blobs.collect(nobody)).toEqual([]);
    const fetched = await client.records.fetch(record.recordId);
    expect(await fetched.bytes()).toHaveLength(CONTENT.length);
  });

  it('leave nothing of an upload whose client died before the record was committed', async () => {
    const patient = await newPatient(backend());
    const dying = await patient.again({
      ledger: (real) =>
        interceptedLedger(real, (call, pass) =>
          call.name === 'records:FileRecord' ? Promise.reject(new Crash()) : pass(),
        ),
    });
    const options = { patient: patient.userId, category: 'omics', contentType: 'a/b' } as const;
    await expect(dying.records.upload(CONTENT, options)).rejects.toThrow(Crash);
    expect(sum(await counts('emr-share/staged/'))).toBe(2);
    const filed = await counts('emr-share/filed');

    const [cid] = await backend().blobs.collect(nobody);
    expect(sum(await counts('emr-share/staged/'))).toBe(0);
    expect(await counts('emr-share/filed')).toEqual(filed);
    await expect(backend().blobs.stat(cid!)).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' });
    expect(await backend().blobs.collect(everybody)).toEqual([]);
  });
});
