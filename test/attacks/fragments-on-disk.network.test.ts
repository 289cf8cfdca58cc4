/**
 * Threat 1 of docs/threat-model.md on the real network: somebody reads the disks of the hospitals,
 * before a grant is revoked and after.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FabricConsortium } from '@emr-share/cli/consortium';
import { openBox, SecretKey, type VerifiedKeyFrag } from '@emr-share/crypto';
import { connect, Keyring, rotateCustodian, type Ledger } from '@emr-share/gateway-client';
import {
  canonicalBytes,
  FragmentDeposit,
  parseJson,
  type Grant,
  type MspId,
  type TransactionName,
} from '@emr-share/model';
import { networkPaths } from '@emr-share/network';
import { openSharedNetwork } from '../support/network.js';
import { searchDisk, type Needle } from './support/disk-search.js';
import { codeOf } from './support/refusal.js';
import { interpose } from './support/town.js';

const PLAINTEXT = 'two tablets a day';
/** Where the secret stands in a kfrag: docs/protocol.md §4.3. */
const RK = { start: 73, end: 105 };

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

interface Deposited {
  readonly grantId: string;
  readonly mspId: MspId;
  readonly scopeId: string;
  readonly sealed: Uint8Array;
}

let consortium: FabricConsortium;
let patientLedger: Ledger;
let patient: Awaited<ReturnType<typeof connect>>;
let reader: Awaited<ReturnType<typeof connect>>;
let readerId: string;
let recordId: string;
let revoked: Grant;
let live: Grant;
const kfrags: VerifiedKeyFrag[] = [];
const deposits: Deposited[] = [];

/** Notes what the patient's client makes, at the moment it is made. */
function watched(keyring: Keyring): Keyring {
  const delegate = keyring.delegate.bind(keyring);
  return Object.assign(keyring, {
    delegate: (...args: Parameters<Keyring['delegate']>) => {
      const made = delegate(...args);
      kfrags.push(...made);
      return made;
    },
  });
}

function noteDeposit(mspId: MspId, transient: Uint8Array): void {
  const { grant, fragments } = parseJson(
    FragmentDeposit,
    Buffer.from(transient).toString(),
    'deposit',
  );
  for (const { scope, sealed } of fragments) {
    const { scopeId } = scope.body;
    deposits.push({ grantId: grant.body.grantId, mspId, scopeId, sealed: fromHex(sealed) });
  }
}

/** The folder of an organization's name within the network's: `hospa` for HospAMSP. */
const nameOf = (mspId: MspId): string => mspId.toLowerCase().replace(/msp$/, '');

const custodianKeyOf = (mspId: MspId): string =>
  networkPaths(consortium.dir).organization(nameOf(mspId)).custodianKey;

/** Every custodian key that an organization has on disk. */
async function secretKeysOf(mspId: MspId): Promise<Uint8Array[]> {
  const path = custodianKeyOf(mspId);
  const names = await readdir(dirname(path));
  const files = names.filter((name) => name.startsWith(basename(path)));
  return Promise.all(
    files.map(async (name) => {
      const text = await readFile(join(dirname(path), name), 'utf8');
      return fromHex((JSON.parse(text) as { secretKeyHex: string }).secretKeyHex);
    }),
  );
}

const everySecretKey = async (): Promise<Uint8Array[]> =>
  (await Promise.all(consortium.organizations.map(secretKeysOf))).flat();

const opensWith = ({ grantId, mspId, scopeId, sealed }: Deposited, key: Uint8Array) =>
  codeOf(() => {
    const context = canonicalBytes({ grantId, mspId, scopeId });
    return openBox(SecretKey.fromBEBytes(key), sealed, { context });
  }, 'opened');

const read = async (): Promise<string> => {
  const fetched = await reader.records.fetch(recordId, { purpose: 'TREAT' });
  return Buffer.from(await fetched.bytes()).toString();
};

const grantRead = () =>
  patient.grants.create({
    grantee: readerId,
    categories: ['prescription'],
    purposes: ['TREAT'],
    durationMs: 3_600_000,
  });

beforeAll(async () => {
  consortium = await openSharedNetwork();
  const suffix = Date.now().toString(36);
  const patientId = `p.disk.${suffix}`;
  readerId = `d.disk.${suffix}`;
  const asPatient = await consortium.enrol('HospAMSP', { userId: patientId, role: 'patient' });
  const asReader = await consortium.enrol('HospBMSP', { userId: readerId, role: 'physician' });
  const { blobs } = consortium;
  patientLedger = interpose(consortium.ledger(asPatient), {
    onSubmit: (options) => {
      const transient = options?.transient?.['fragments'];
      const mspId = options?.organizations?.[0];
      if (transient !== undefined && mspId !== undefined) noteDeposit(mspId, transient);
    },
  });
  const keyring = watched(Keyring.random());
  patient = await connect({ ledger: patientLedger, blobs, keyring });
  reader = await connect({
    ledger: consortium.ledger(asReader),
    blobs,
    keyring: Keyring.random(),
  });
  await patient.identity.enrolPatient();
  await reader.identity.register({ role: 'physician' });
  const { record } = await patient.records.upload(Buffer.from(PLAINTEXT), {
    patient: patientId,
    category: 'prescription',
    contentType: 'text/plain',
  });
  ({ recordId } = record);
  revoked = await grantRead();
  live = await grantRead();
  expect(await read()).toBe(PLAINTEXT);
});

afterAll(async () => {
  await consortium[Symbol.asyncDispose]();
});

describe('a fragment at the hospital that it is for', () => {
  it('is on no disk in the clear, and sealed on the disks of its own peers only', async () => {
    const sealed = deposits.map(({ mspId, sealed: bytes }): Needle => ({ name: mspId, bytes }));
    const secrets = kfrags.map((kfrag): Needle => {
      const bytes = kfrag.toBytes().slice(RK.start, RK.end);
      return { name: 'kfrag in the clear', bytes };
    });
    expect([sealed.length, secrets.length]).toEqual([6, 6]);

    const hits = await searchDisk(consortium.dir, [...sealed, ...secrets]);
    // The search finds what is there: each hospital's peers have its fragments.
    expect(new Set(hits.map(({ name }) => name))).toEqual(new Set(consortium.organizations));
    const elsewhere = hits.filter(
      ({ name, path }) => !new RegExp(`^data/peer[0-9]+\\.${nameOf(name)}/`).test(path),
    );
    expect(elsewhere).toEqual([]);
  });

  it('is not given to the admin of another hospital who asks its peers, whatever is asked', async () => {
    const { identity } = await consortium.admin('HospBMSP');
    const ledger = consortium.ledger(identity);
    const { grantId } = live.body;
    const ticket = await reader.access.request(recordId, { purpose: 'TREAT' });
    const asked: readonly (readonly [TransactionName, Record<string, unknown>])[] = [
      ['grants:ListOutdatedFragments', { mspId: 'HospAMSP', generation: 9 }],
      ['grants:GetFragmentStatus', { grantId }],
      ['grants:GetGrant', { grantId }],
      ['access:Reencrypt', { ticketId: ticket.ticketId }],
      ['registry:GetCustodianKey', {}],
    ];
    const answers: string[] = [];
    for (const [name, request] of asked) {
      const options = { organizations: ['HospAMSP'] };
      const answer = ledger.evaluate(name, request, options);
      answers.push(await answer.then((found) => JSON.stringify(found)).catch(String));
    }
    expect(answers[0]).toContain('may not see to the custody of HospAMSP');
    expect(answers[2]).toContain(grantId);
    for (const { sealed } of deposits) {
      const hex = Buffer.from(sealed).toString('hex');
      expect(answers.filter((answer) => answer.includes(hex))).toEqual([]);
    }
  });
});

describe('a fragment that was purged, after the hospitals changed their custodian keys', () => {
  let before: Uint8Array[];
  let purged: Deposited[];

  beforeAll(async () => {
    before = await everySecretKey();
    purged = deposits.filter(({ grantId }) => grantId === revoked.body.grantId);
    await patient.grants.revoke(revoked.body.grantId);
    // The attack works until now: whoever has the disk and the key opens what was purged.
    for (const deposit of purged) {
      const keys = await secretKeysOf(deposit.mspId);
      expect(await Promise.all(keys.map((key) => opensWith(deposit, key)))).toContain('opened');
    }
    expect(await searchDisk(consortium.dir, needlesOf(before))).not.toEqual([]);
    for (const mspId of consortium.organizations) {
      const { identity } = await consortium.admin(mspId);
      const keys = await consortium.custodianKeys(mspId);
      const report = await rotateCustodian({ ledger: consortium.ledger(identity), keys });
      expect(report.unreadable).toEqual([]);
      expect(report.destroyed.length).toBeGreaterThan(0);
    }
  });

  const needlesOf = (keys: readonly Uint8Array[]): Needle[] =>
    keys.map((bytes) => ({ name: 'old custodian key', bytes }));

  it('has no key left on any disk', async () => {
    expect(await searchDisk(consortium.dir, needlesOf(before))).toEqual([]);
  });

  it('cannot be opened with any key there is, where its bytes are still on a disk', async () => {
    const now = await everySecretKey();
    expect(now).toHaveLength(consortium.organizations.length);
    for (const deposit of purged) {
      const codes = await Promise.all(now.map((key) => opensWith(deposit, key)));
      expect(new Set(codes)).toEqual(new Set(['SEALED_BOX_INVALID']));
    }
  });

  it('leaves the grants in force as they were', async () => {
    expect(live.status.state).toBe('active');
    expect(await read()).toBe(PLAINTEXT);
  });
});
