/**
 * A snapshot of a whole network: what happened after it did not happen once it is restored.
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { foundConsortium, openFabricConsortium } from '@emr-share/cli/consortium';
import { connect, Keyring, type EmrClient, type Identity } from '@emr-share/gateway-client';
import {
  compareLedgers,
  down,
  loadTopology,
  networkTopology,
  restoreSnapshot,
  status,
  takeSnapshot,
  up,
  type Topology,
} from '../src/index.js';

const BASE_PORT = 27_500;
const LIMIT_MS = 240_000;

const contract = {
  command: [
    process.execPath,
    createRequire(import.meta.url).resolve('@emr-share/chaincode/service'),
  ] as const,
};

let home: string;
let dir: string;
let file: string;
const patient = { keyring: Keyring.random(), identity: undefined as Identity | undefined };

const bringUp = (topology: Topology): Promise<void> =>
  up(topology, { dir, contract, supervise: false });

async function withPatient<T>(work: (client: EmrClient) => Promise<T>): Promise<T> {
  await using consortium = await openFabricConsortium(dir);
  patient.identity ??= await consortium.enrol('HospAMSP', { userId: 'p.snap', role: 'patient' });
  const ledger = consortium.ledger(patient.identity);
  await using client = await connect({
    ledger,
    blobs: consortium.blobs,
    keyring: patient.keyring,
  });
  return await work(client);
}

const fileRecord = (text: string) =>
  withPatient(async (client) => {
    const { record } = await client.records.upload(Buffer.from(text), {
      patient: 'p.snap',
      category: 'prescription',
      contentType: 'text/plain',
    });
    return record.recordId;
  });

const read = (recordId: string): Promise<string> =>
  withPatient(async (client) => {
    const fetched = await client.records.fetch(recordId, { purpose: 'PATRQT' });
    return Buffer.from(await fetched.bytes()).toString();
  });

async function heights(): Promise<number[]> {
  const { nodes } = await status(dir);
  return nodes.flatMap(({ role, height }) => (role === 'peer' ? [height ?? -1] : []));
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'emr-snapshot-'));
  dir = join(home, 'net');
  file = join(home, 'snapshot.tar');
  await bringUp(await loadTopology('dev', { basePort: BASE_PORT }));
  await using consortium = await openFabricConsortium(dir);
  await foundConsortium(consortium);
  await withPatient((client) => client.identity.enrolPatient());
}, LIMIT_MS);

afterAll(async () => {
  await down(dir, { purge: true });
  await rm(home, { recursive: true });
}, LIMIT_MS);

describe('a snapshot of a network', () => {
  it(
    'brings it back as it was, with what was filed before and without what came after',
    async () => {
      const before = await fileRecord('filed before');
      const handle = await open(file, 'wx', 0o600);
      const report = await takeSnapshot(dir, async (content) => {
        for await (const piece of content) await handle.writeFile(piece);
      });
      await handle.close();
      // It runs again, and goes on.
      const after = await fileRecord('filed after');
      expect(await read(after)).toBe('filed after');
      expect(Math.min(...(await heights()))).toBeGreaterThanOrEqual(
        Math.max(...Object.values(report.heights)),
      );
      await down(dir, { purge: true });

      const restored = await restoreSnapshot(dir, createReadStream(file));
      expect(restored).toMatchObject({ sha256: report.sha256, heights: report.heights });
      await bringUp(await networkTopology(dir));
      expect(await heights()).toEqual(Object.values(report.heights));
      expect(await read(before)).toBe('filed before');
      await expect(read(after)).rejects.toMatchObject({ code: 'RECORD_NOT_FOUND' });
      await fileRecord('filed on the restored network');
      expect(await compareLedgers(dir)).toMatchObject({ equal: true });
    },
    LIMIT_MS,
  );

  it(
    'starts the nodes again where it cannot be written',
    async () => {
      const call = takeSnapshot(dir, async (content) => {
        for await (const _piece of content) throw new Error('the disk is full');
      });
      await expect(call).rejects.toThrow('the disk is full');
      expect((await status(dir)).healthy).toBe(true);
    },
    LIMIT_MS,
  );
});
