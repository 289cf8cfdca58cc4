/**
 * Aborting: the call ends at once with the caller's reason, and nothing half-done is to be seen.
 */
import { beforeAll, expect, it } from '@jest/globals';
import type { BlobStore, Ledger, Progress } from '@emr-share/gateway-client';
import type { TransactionName, TransactionRecord } from '@emr-share/model';
import { all } from '../support/all.js';
import { describeOnEachBackend } from '../support/backends.js';
import { interceptedLedger } from '../support/between.js';
import { newPatient, newPhysician, type Person } from '../support/people.js';

const MIB = 1 << 20;
const STOP = new Error('stop');

/** A stream that goes on until it is closed. */
function endless(): AsyncIterable<Uint8Array> & { readonly closed: Promise<void> } {
  let close: () => void;
  const closed = new Promise<void>((resolve) => (close = resolve));
  async function* generate(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) yield await Promise.resolve(new Uint8Array(MIB));
    } finally {
      close();
    }
  }
  return { [Symbol.asyncIterator]: generate, closed };
}

/** A stream that never says anything. */
function silent(): AsyncIterable<Uint8Array> & { readonly closed: Promise<void> } {
  let close: () => void;
  const closed = new Promise<void>((resolve) => (close = resolve));
  return {
    closed,
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => undefined),
      return: () => {
        close();
        return Promise.resolve({ done: true as const, value: undefined });
      },
    }),
  };
}

/** Aborts as soon as `name` is asked for. */
const abortAt = (name: TransactionName, controller: AbortController) => (real: Ledger) =>
  interceptedLedger(real, (call, pass) => {
    if (call.name === name) controller.abort(STOP);
    return pass();
  });

describeOnEachBackend('aborting', (backend) => {
  let patient: Person;
  let physician: Person;
  let record: TransactionRecord;
  const options = () =>
    ({ patient: patient.userId, category: 'sensor-data', contentType: 'text/csv' }) as const;

  beforeAll(async () => {
    patient = await newPatient(backend());
    physician = await newPhysician(backend());
    const content = new Uint8Array(5 * MIB).fill(7);
    ({ record } = await patient.client.records.upload(content, options()));
    await patient.client.grants.create({
      grantee: physician.userId,
      categories: ['sensor-data'],
      purposes: ['TREAT'],
      durationMs: 600_000,
    });
  });

  const filed = (): Promise<TransactionRecord[]> => all(patient.client.records.list());

  it('ends an upload in the middle, closes its source, and files and keeps nothing', async () => {
    const controller = new AbortController();
    const source = endless();
    let reported = 0;
    const upload = physician.client.records.upload(source, {
      ...options(),
      signal: controller.signal,
      onProgress: ({ bytes }) => {
        reported = bytes;
        if (bytes >= 8 * MIB) controller.abort(STOP);
      },
    });
    await expect(upload).rejects.toBe(STOP);
    await source.closed;
    expect(reported).toBeLessThan(32 * MIB);
    expect(await filed()).toEqual([record]);
    const left = await backend().blobs.collect({
      isReferenced: (cid) => Promise.resolve(cid === record.info.cid),
      olderThanMs: 0,
    });
    expect(left).toEqual([]);
  });

  it.each(['hash', 'store'] as const)(
    'ends an upload whose source is silent while it should %s',
    async (phase) => {
      const controller = new AbortController();
      const source = silent();
      const reopenable = { open: () => source };
      const upload = physician.client.records.upload(phase === 'hash' ? reopenable : source, {
        ...options(),
        signal: controller.signal,
      });
      setTimeout(() => {
        controller.abort(STOP);
      }, 100);
      await expect(upload).rejects.toBe(STOP);
      await source.closed;
    },
  );

  it('keeps what was stored where it is not known whether it was filed', async () => {
    const controller = new AbortController();
    const client = await physician.again({ ledger: abortAt('records:FileRecord', controller) });
    const { signal } = controller;
    const upload = client.records.upload(new Uint8Array(1000), { ...options(), signal });
    await expect(upload).rejects.toBe(STOP);
    const again = await physician.client.records.upload(new Uint8Array(1000), options());
    const fetched = await patient.client.records.fetch(again.record.recordId);
    expect(await fetched.bytes()).toHaveLength(1000);
  });

  it('ends a fetch while the content is read, and closes the store', async () => {
    const controller = new AbortController();
    const progress: Progress[] = [];
    let closed = false;
    const watched = (real: BlobStore): BlobStore => ({
      ...real,
      get: (cid, get) => {
        const content = real.get(cid, get)[Symbol.asyncIterator]();
        return {
          [Symbol.asyncIterator]: () => ({
            next: () => content.next(),
            return: async () => {
              closed = true;
              await content.return?.();
              return { done: true, value: undefined };
            },
          }),
        };
      },
    });
    const client = await physician.again({ blobs: watched });
    const { content } = await client.records.fetch(record.recordId, {
      purpose: 'TREAT',
      signal: controller.signal,
      onProgress: (step) => {
        progress.push(step);
        controller.abort(STOP);
      },
    });
    await expect(all(content)).rejects.toBe(STOP);
    expect(progress).toEqual([{ phase: 'read', bytes: MIB, totalBytes: 5 * MIB }]);
    expect(closed).toBe(true);
  });

  it.each([
    'records:GetRecord',
    'access:FindGrant',
    'access:RequestAccess',
    'access:Reencrypt',
  ] as const)('ends a fetch at %s', async (name) => {
    const controller = new AbortController();
    const client = await physician.again({ ledger: abortAt(name, controller) });
    const { signal } = controller;
    const fetch = client.records.fetch(record.recordId, { purpose: 'TREAT', signal });
    await expect(fetch).rejects.toBe(STOP);
  });

  it('refuses every call whose signal was aborted before', async () => {
    const { identity, records, grants, access, audit } = physician.client;
    const call = { signal: AbortSignal.abort(STOP) };
    const calls: (() => Promise<unknown>)[] = [
      () => identity.get(patient.userId, call),
      () => identity.register({ role: 'physician', ...call }),
      () => records.upload(new Uint8Array(1), { ...options(), ...call }),
      () => records.fetch(record.recordId, { purpose: 'TREAT', ...call }),
      () => records.get(record.recordId, call),
      () => records.head(record.recordId, call),
      () => all(records.list({ patient: patient.userId, ...call })),
      () => all(grants.list(call)),
      () => access.request(record.recordId, { purpose: 'TREAT', ...call }),
      () => all(audit.log(call)),
    ];
    for (const attempt of calls) await expect(attempt()).rejects.toBe(STOP);
  });

  it('ends what a client does when it is closed, and whatever it is asked then', async () => {
    const client = await physician.again();
    const source = silent();
    const upload = client.records.upload(source, options());
    await client.close();
    await expect(upload).rejects.toMatchObject({ name: 'AbortError' });
    await source.closed;
    await expect(client.records.get(record.recordId)).rejects.toMatchObject({ name: 'AbortError' });
    expect(await physician.client.records.get(record.recordId)).toEqual(record);
  });
});
