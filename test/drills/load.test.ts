/**
 * The load of the drills and the search for losses, over the embedded consortium: what is lost is
 * found, and only that.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Consortium } from '@emr-share/embedded';
import type { BlobStore, Ledger } from '@emr-share/gateway-client';
import { EmrError } from '@emr-share/model';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Book } from '../../cli/src/drill/load/book.js';
import { assemble, type Cast, dismiss } from '../../cli/src/drill/load/cast.js';
import { CommitLog } from '../../cli/src/drill/load/commit-log.js';
import { Load } from '../../cli/src/drill/load/load.js';
import type { Stage } from '../../cli/src/drill/load/stage.js';
import { findLosses } from '../../cli/src/drill/load/verify.js';

const ENOUGH_REVOCATIONS = 2;
const LIMIT_MS = 240_000;
const { signal } = new AbortController();

/** Every third submit of a client fails before it is made. */
function unreliable(ledger: Ledger): Ledger {
  let submits = 0;
  return {
    mspId: ledger.mspId,
    userId: ledger.userId,
    evaluate: (name, request, options) => ledger.evaluate(name, request, options),
    events: (options) => ledger.events(options),
    submit: (name, request, options) => {
      submits += 1;
      const fails = name === 'records:FileRecord' && submits % 3 === 0;
      return fails
        ? Promise.reject(new EmrError('LEDGER_UNAVAILABLE', { endpoint: 'a test' }))
        : ledger.submit(name, request, options);
    },
  };
}

/** A store that has lost some of its content. */
function forgetful(blobs: BlobStore, forgotten: ReadonlySet<string>): BlobStore {
  return {
    put: (source, options) => blobs.put(source, options),
    commit: (cid, options) => blobs.commit(cid, options),
    discard: (cid, options) => blobs.discard(cid, options),
    stat: (cid, options) => blobs.stat(cid, options),
    collect: (options) => blobs.collect(options),
    get: (cid, options) => {
      if (forgotten.has(cid)) throw new EmrError('BLOB_UNAVAILABLE', { cid });
      return blobs.get(cid, options);
    },
  };
}

describe('the load of a drill', () => {
  const forgotten = new Set<string>();
  const book = new Book();
  const log = new CommitLog();
  let directory = '';
  let consortium: Consortium;
  let cast: Cast;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'emr-drill-load-'));
    consortium = await Consortium.open({ directory });
    const stage: Stage = {
      organizations: consortium.organizations,
      blobs: forgetful(consortium.blobs, forgotten),
      enrol: async (mspId, user) =>
        (await consortium.enrol(mspId, { ...user, publicKeyPem: undefined })).identity,
      ledger: (identity) => unreliable(consortium.ledger(identity)),
    };
    cast = await assemble(stage, log, consortium.organizations, signal);
    const load = new Load(cast, book, signal);
    await load.start();
    while (book.revocations < ENOUGH_REVOCATIONS || book.fetched === 0) await delay(100);
    await load.stop();
  }, LIMIT_MS);

  afterAll(async () => {
    await dismiss(cast);
    await consortium.close();
    await rm(directory, { recursive: true });
  });

  it('files, grants, reads and revokes, and makes what failed again', () => {
    expect(book.records.length).toBeGreaterThanOrEqual(9);
    expect(book.grants.length).toBeGreaterThanOrEqual(ENOUGH_REVOCATIONS);
    expect(book.failures['LEDGER_UNAVAILABLE']).toBeGreaterThan(0);
    expect(log.count).toBeGreaterThan(book.acknowledged);
  });

  it('leaves nothing lost where nothing broke', async () => {
    expect(await findLosses(cast, book, signal)).toEqual([]);
  });

  it('shows content that the store has lost', async () => {
    const [record] = book.records;
    const { info } = await record!.patient.client.records.get(record!.recordId);
    forgotten.add(info.cid);
    const losses = await findLosses(cast, book, signal);
    expect(losses).toContainEqual({
      what: 'record',
      id: record!.recordId,
      problem: 'BLOB_UNAVAILABLE',
    });
    forgotten.clear();
  });

  it('shows a record that is not on the ledger, and one with other content', async () => {
    const [record] = book.records;
    const other = new Book();
    const missing = { ...record!, recordId: '0'.repeat(32) };
    other.records.push(missing, { ...record!, sha256: '0'.repeat(64) });
    expect(await findLosses(cast, other, signal)).toEqual([
      { what: 'record', id: missing.recordId, problem: 'it is not listed' },
      { what: 'record', id: missing.recordId, problem: 'RECORD_NOT_FOUND' },
      { what: 'content', id: record!.recordId, problem: 'another one' },
    ]);
  });

  it('shows a revocation that is not in force, and a grant that is over', async () => {
    const active = book.grants.find(({ state }) => state === 'active');
    const revoked = book.grants.find(({ state }) => state === 'revoked');
    const other = new Book();
    other.records.push(...book.records);
    const said = [
      ...(active === undefined ? [] : [{ ...active, state: 'revoked' as const }]),
      { ...revoked!, state: 'active' as const },
    ];
    other.grants.push(...said);
    const losses = await findLosses(cast, other, signal);
    expect(losses.map(({ what, id }) => ({ what, id }))).toEqual(
      expect.arrayContaining([
        ...(active === undefined ? [] : [{ what: 'revocation', id: active.grantId }]),
        { what: 'grant', id: revoked!.grantId },
      ]),
    );
  });
});
