/**
 * Threat 1 of docs/threat-model.md: somebody reads what is stored and sent.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import {
  Capsule,
  decryptReencrypted,
  openBox,
  PublicKey,
  reencrypt,
  SecretKey,
  SecretKeyFactory,
} from '@emr-share/crypto';
import {
  canonicalBytes,
  FragmentDeposit,
  parseJson,
  type Grant,
  type TransactionRecord,
} from '@emr-share/model';
import { codeOf } from './support/refusal.js';
import { Town, type Person } from './support/town.js';

const PLAINTEXT = `allergy: penicillin; ${'marker-of-the-plaintext '.repeat(40)}`;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

let town: Town;
let alice: Person;
let doctor: Person;
let stranger: Person;
let record: TransactionRecord;
let grant: Grant;

beforeAll(async () => {
  town = await Town.build();
  alice = await town.patient('HospAMSP', 'alice');
  doctor = await town.physician('HospBMSP', 'dr-bauer');
  stranger = await town.physician('HospCMSP', 'dr-chen');
  ({ record } = await doctor.client.records.upload(utf8(PLAINTEXT), {
    patient: 'alice',
    category: 'prescription',
    contentType: 'text/plain',
  }));
  grant = await alice.client.grants.create({
    grantee: 'dr-bauer',
    categories: ['prescription'],
    purposes: ['TREAT'],
    durationMs: 3_600_000,
  });
  const fetched = await doctor.client.records.fetch(record.recordId, { purpose: 'TREAT' });
  expect(Buffer.from(await fetched.bytes()).toString()).toBe(PLAINTEXT);
});

afterAll(async () => {
  await town[Symbol.asyncDispose]();
});

const readerSkOf = (person: Person): SecretKey =>
  SecretKeyFactory.fromSecureRandomness(person.seed).makeKey(utf8('emr-share/reader/v1'));

async function custodianSk(mspId: string): Promise<SecretKey> {
  const path = join(town.directory, 'organizations', mspId, 'custodian.json');
  const { secretKeyHex } = JSON.parse(await readFile(path, 'utf8')) as { secretKeyHex: string };
  return SecretKey.fromBEBytes(fromHex(secretKeyHex));
}

/** The record's DEK, as the patient opens it. */
function ownDek(): Uint8Array {
  const { scopeId, capsule, encryptedDek } = record.metadata.keyWrap;
  const opened = Capsule.fromBytesSimple(fromHex(capsule));
  return alice.keyring.openOwn(scopeId, opened, fromHex(encryptedDek));
}

/** Opens the record's DEK with every fragment there is, as `receiver`. */
function pool(receiver: SecretKey): Uint8Array {
  const { capsule, encryptedDek } = record.metadata.keyWrap;
  const opened = Capsule.fromBytesSimple(fromHex(capsule));
  const cfrags = town.secrets.kfrags.map((kfrag) => reencrypt(opened, kfrag));
  const delegatingPk = PublicKey.fromCompressedBytes(
    fromHex(grant.scopes[0]?.body.delegatingKey ?? ''),
  );
  return decryptReencrypted(receiver, delegatingPk, opened, cfrags, fromHex(encryptedDek));
}

describe('who reads every disk of the consortium', () => {
  it('finds no plaintext, DEK, seed or fragment, in bytes, hex or base64', async () => {
    const scalars = town.secrets.kfrags.map((kfrag) => kfrag.toBytes().slice(73, 105));
    const secrets: readonly [string, Uint8Array][] = [
      ['plaintext', utf8('marker-of-the-plaintext')],
      ...[alice, doctor, stranger].map(({ seed }): [string, Uint8Array] => ['seed', seed]),
      ['DEK', ownDek()],
      ...scalars.map((scalar): [string, Uint8Array] => ['kfrag', scalar]),
    ];
    expect(scalars).toHaveLength(3);

    const files = await town.everyFile();
    const found = files.flatMap(({ path, bytes }) =>
      secrets.flatMap(([name, secret]) => {
        const plain = Buffer.from(secret);
        const forms = [plain, plain.toString('hex'), plain.toString('base64').slice(0, 40)];
        return forms.some((form) => bytes.includes(form)) ? [`${name} in ${path}`] : [];
      }),
    );
    expect(found).toEqual([]);
    // The search itself works: what is public stands in the blocks of every organization.
    const public_ = files.filter(({ bytes }) => bytes.includes(record.recordId));
    expect(new Set(public_.map(({ path }) => path.split('/')[1])).size).toBeGreaterThanOrEqual(3);
  });

  it('finds ciphertext in the store that says nothing of what is in it', async () => {
    const pieces: Uint8Array[] = [];
    for await (const piece of town.consortium.blobs.get(record.info.cid)) pieces.push(piece);
    const ciphertext = Buffer.concat(pieces);
    expect(ciphertext.subarray(0, 4).toString()).toBe('EMRC');
    expect(ciphertext.includes('penicillin')).toBe(false);
    // The plaintext repeats itself forty times; its ciphertext has no repetition to compress.
    const { gzipSync } = await import('node:zlib');
    expect(gzipSync(ciphertext.subarray(72)).length).toBeGreaterThan(ciphertext.length - 72);
  });
});

describe('all organizations together, with all fragments and all custodian keys', () => {
  it('do not open the DEK without the private key of the reader', async () => {
    const custodians = await Promise.all(town.consortium.organizations.map(custodianSk));
    for (const key of [...custodians, readerSkOf(stranger), readerSkOf(alice)]) {
      expect(await codeOf(() => pool(key))).toBe('CFRAGS_INSUFFICIENT');
    }
  });

  it('do with it: the attack above fails for the stated reason', () => {
    expect(pool(readerSkOf(doctor))).toEqual(ownDek());
  });
});

describe('a sealed fragment', () => {
  it('opens with the key of its own custodian only, and in its own place only', async () => {
    expect(town.secrets.deposits.map(({ mspId }) => mspId).sort()).toEqual([
      'HospAMSP',
      'HospBMSP',
      'HospCMSP',
    ]);
    for (const { mspId, transient } of town.secrets.deposits) {
      const deposit = parseJson(FragmentDeposit, Buffer.from(transient).toString(), 'deposit');
      const sealed = fromHex(deposit.fragments[0]?.sealed ?? '');
      const { grantId } = grant.body;
      const place = { grantId, mspId, scopeId: record.metadata.keyWrap.scopeId };
      const context = canonicalBytes(place);
      const opened = await Promise.all(
        town.consortium.organizations.map(async (other) => {
          const key = await custodianSk(other);
          return codeOf(() => openBox(key, sealed, { context }), 'opened');
        }),
      );
      expect(opened).toEqual(
        town.consortium.organizations.map((other) =>
          other === mspId ? 'opened' : 'SEALED_BOX_INVALID',
        ),
      );
      const elsewhere = canonicalBytes({ ...place, scopeId: 'alice/medicine/0' });
      const own = await custodianSk(mspId);
      expect(await codeOf(() => openBox(own, sealed, { context: elsewhere }))).toBe(
        'SEALED_BOX_INVALID',
      );
    }
  });
});

describe('a reader with the answers to the ticket of another', () => {
  it('gets none for it, and could not open them', async () => {
    const ticket = await doctor.client.access.request(record.recordId, { purpose: 'TREAT' });
    const ask = (person: Person): Promise<{ cfrag: string }> =>
      person.ledger.evaluate(
        'access:Reencrypt',
        { ticketId: ticket.ticketId },
        { organizations: ['HospAMSP'] },
      );
    expect((await ask(doctor)).cfrag).toHaveLength(718);
    expect(await codeOf(ask(stranger))).toBe('TICKET_MISMATCH');
    expect(await codeOf(() => pool(readerSkOf(stranger)))).toBe('CFRAGS_INSUFFICIENT');
  });
});
