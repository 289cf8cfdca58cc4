/**
 * Threat 4 of docs/threat-model.md: somebody files, alters or replaces data.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BlobStore } from '@emr-share/gateway-client';
import {
  CONFIDENTIALITY,
  recordBodyOf,
  type RecordBody,
  type TransactionRecord,
} from '@emr-share/model';
import { codeOf } from './support/refusal.js';
import { interpose, Town, type Person } from './support/town.js';

const PLAINTEXT = new TextEncoder().encode('warfarin 5 mg daily');
const ALTERED = new TextEncoder().encode('warfarin 50 mg daily');
const NEW_ID = 'a'.repeat(32);

let town: Town;
let alice: Person;
let doctor: Person;
let other: Person;
let record: TransactionRecord;
let altered: TransactionRecord;

beforeAll(async () => {
  town = await Town.build();
  alice = await town.patient('HospAMSP', 'alice');
  doctor = await town.physician('HospBMSP', 'dr-bauer');
  other = await town.physician('HospCMSP', 'dr-chen');
  const options = {
    patient: 'alice',
    category: 'prescription',
    contentType: 'text/plain',
  } as const;
  ({ record } = await doctor.client.records.upload(PLAINTEXT, options));
  ({ record: altered } = await doctor.client.records.upload(ALTERED, options));
});

afterAll(async () => {
  await town[Symbol.asyncDispose]();
});

/** Files `body` as `who`, with `signature` or signed by `who`. */
const file = (who: Person, body: RecordBody, signature?: string): Promise<string> =>
  codeOf(
    who.ledger.submit('records:FileRecord', {
      ...body,
      signature: signature ?? who.keyring.sign('record', body),
    }),
    'filed',
  );

/** A body that would be accepted: the doctor's own, under a new ID. */
const fresh = (changes: Partial<RecordBody> = {}): RecordBody => ({
  ...recordBodyOf(record),
  recordId: NEW_ID,
  timestamp: town.clock.now(),
  ...changes,
});

describe('a forged record', () => {
  it('of somebody who is not registered is refused', async () => {
    const ghost = await town.enrol('HospBMSP', 'dr-ghost', 'physician');
    expect(await file(ghost, fresh({ author: 'dr-ghost' }))).toMatch(
      /^(SIGNER|CALLER)_UNREGISTERED$/,
    );
  });

  it('in the name of another physician is refused, whoever signs it', async () => {
    expect(await file(other, fresh())).toBe('SIGNER_MISMATCH');
    expect(await file(other, fresh(), doctor.keyring.sign('record', fresh()))).toBe(
      'SIGNER_MISMATCH',
    );
  });

  it('with right fields and a signature by another key is refused', async () => {
    const body = fresh();
    expect(await file(doctor, body, other.keyring.sign('record', body))).toBe('SIGNATURE_INVALID');
  });

  it('with one field changed after signing is refused, whichever field it is', async () => {
    const body = fresh();
    const signature = doctor.keyring.sign('record', body);
    const { info, metadata } = altered;
    const changes: readonly Partial<RecordBody>[] = [
      { recordId: 'b'.repeat(32) },
      { timestamp: body.timestamp + 1 },
      { info: { ...body.info, sizeBytes: body.info.sizeBytes + 1 } },
      { info: { ...body.info, cid: info.cid } },
      { info: { ...body.info, securityLevel: 'sealed' } },
      { metadata: { ...body.metadata, ciphertextSha256: metadata.ciphertextSha256 } },
      { metadata: { ...body.metadata, keyWrap: metadata.keyWrap } },
      { metadata: { ...body.metadata, uploadTag: metadata.uploadTag } },
    ];
    for (const change of changes) {
      expect(await file(doctor, { ...body, ...change }, signature)).toBe('SIGNATURE_INVALID');
    }
  });

  it('by the same doctor, of the same date, altered and signed anew is refused', async () => {
    const again = { ...recordBodyOf(altered), recordId: record.recordId };
    expect(await file(doctor, { ...again, timestamp: record.timestamp })).toBe('RECORD_EXISTS');
    const stored = await alice.client.records.get(record.recordId);
    expect(stored).toEqual(record);
  });

  it('signed for another kind of thing is refused', async () => {
    const body = fresh();
    expect(await file(doctor, body, doctor.keyring.sign('wrap', body as never))).toBe(
      'SIGNATURE_INVALID',
    );
  });

  it('with a capsule that was made up is refused, so that no custodian works on it', async () => {
    const body = fresh();
    const { keyWrap } = body.metadata;
    const points = keyWrap.capsule.slice(66, 132) + keyWrap.capsule.slice(0, 66);
    const capsule = points + keyWrap.capsule.slice(132);
    const metadata = { ...body.metadata, keyWrap: { ...keyWrap, capsule } };
    expect(await file(doctor, { ...body, metadata })).toBe('INPUT_INVALID');
  });

  it('dated back or ahead is refused', async () => {
    const day = 86_400_000;
    for (const timestamp of [town.clock.now() - day, town.clock.now() + day]) {
      expect(await file(doctor, fresh({ timestamp }))).toBe('TIMESTAMP_SKEW');
    }
  });

  it('for a patient who does not exist, or is none, is refused', async () => {
    const forDoctor = fresh({ patient: 'dr-chen', policy: { patient: 'dr-chen', version: 1 } });
    expect(await file(doctor, forDoctor)).not.toBe('filed');
    const forNobody = fresh({ patient: 'nobody-1', policy: { patient: 'nobody-1', version: 1 } });
    expect(await file(doctor, forNobody)).not.toBe('filed');
  });

  it('differs from a true one in what was changed only: the true one is filed', async () => {
    expect(await file(doctor, fresh())).toBe('filed');
    expect(CONFIDENTIALITY[record.info.securityLevel]).toBe('R');
  });
});

/** A store whose answers somebody rewrites. */
const rewriting =
  (rewrite: (bytes: Buffer) => Uint8Array) =>
  (real: BlobStore): BlobStore => ({
    put: (source, options) => real.put(source, options),
    commit: (cid, options) => real.commit(cid, options),
    discard: (cid, options) => real.discard(cid, options),
    stat: (cid, options) => real.stat(cid, options),
    collect: (options) => real.collect(options),
    get: async function* (cid, options) {
      const pieces: Uint8Array[] = [];
      for await (const piece of real.get(cid, options)) pieces.push(piece);
      yield rewrite(Buffer.concat(pieces));
    },
  });

async function readingFrom(rewrite: (bytes: Buffer) => Uint8Array): Promise<string> {
  const session = await town.connectAs(alice, { blobs: rewriting(rewrite) });
  const fetched = await session.client.records.fetch(record.recordId);
  return codeOf(fetched.bytes(), 'read');
}

describe('a store that serves something else', () => {
  it('is found out for every single byte of the ciphertext', async () => {
    let size = 0;
    expect(await readingFrom((bytes) => ((size = bytes.length), bytes))).toBe('read');
    for (let i = 0; i < size; i++) {
      const code = await readingFrom((bytes) => bytes.fill((bytes[i] ?? 0) ^ 1, i, i + 1));
      expect([i, code]).toEqual([i, 'CIPHERTEXT_TAMPERED']);
    }
  });

  it('is found out when it cuts, extends, empties or replaces it', async () => {
    const replaced: Uint8Array[] = [];
    for await (const piece of town.consortium.blobs.get(altered.info.cid)) replaced.push(piece);
    const others: readonly ((bytes: Buffer) => Uint8Array)[] = [
      (bytes) => bytes.subarray(0, -1),
      (bytes) => Buffer.concat([bytes, Buffer.of(0)]),
      (bytes) => bytes.subarray(0, 72),
      () => new Uint8Array(),
      () => Buffer.concat(replaced),
    ];
    for (const rewrite of others) expect(await readingFrom(rewrite)).toBe('CIPHERTEXT_TAMPERED');
  });
});

describe('a gateway that lies about a record', () => {
  const seenThrough = async (lie: (record: TransactionRecord) => unknown): Promise<string> => {
    const session = await town.connectAs(alice, {
      ledger: (real) =>
        interpose(real, {
          onEvaluate: async (name, _options, answer) =>
            name === 'records:GetRecord' ? lie((await answer()) as TransactionRecord) : answer(),
        }),
    });
    return codeOf(async () => {
      await (await session.client.records.fetch(record.recordId)).bytes();
    }, 'read');
  };

  it('is found out by the author’s signature', async () => {
    expect(await seenThrough((real) => real)).toBe('read');
    const { metadata, info } = altered;
    const lies: readonly ((real: TransactionRecord) => unknown)[] = [
      (real) => ({ ...real, info: { ...real.info, cid: info.cid } }),
      (real) => ({ ...real, metadata }),
      (real) => ({ ...real, metadata: { ...real.metadata, keyWrap: metadata.keyWrap } }),
      (real) => ({ ...real, author: 'dr-chen' }),
    ];
    for (const lie of lies) expect(await seenThrough(lie)).toBe('SIGNATURE_INVALID');
  });

  it('is found out when it answers with another record', async () => {
    expect(await seenThrough(() => altered)).not.toBe('read');
  });
});

describe('the copies of the ledger', () => {
  it('agree, and verify from the first block on', async () => {
    const report = await town.consortium.verify();
    expect(report).toBeDefined();
  });
});
