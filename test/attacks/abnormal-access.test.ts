/**
 * Threat 3 of docs/threat-model.md: somebody uses the system for what was not granted.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Consortium } from '@emr-share/embedded';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  TRANSACTIONS,
  type AccessTicket,
  type Grant,
  type TransactionName,
  type TransactionRecord,
} from '@emr-share/model';
import { codeOf } from './support/refusal.js';
import { Town, type Person } from './support/town.js';

const PLAINTEXT = new TextEncoder().encode('penicillin 500 mg, three times a day');
const TREAT = { purpose: 'TREAT' } as const;
const HOUR_MS = 3_600_000;
const UNKNOWN_ID = 'e'.repeat(32);

let town: Town;
let alice: Person;
let doctor: Person;
let stranger: Person;
let prescription: TransactionRecord;
let image: TransactionRecord;
let grant: Grant;

const file = async (category: 'prescription' | 'medical-imaging'): Promise<TransactionRecord> => {
  const options = { patient: 'alice', category, contentType: 'text/plain' };
  const { record } = await alice.client.records.upload(PLAINTEXT, options);
  return record;
};

beforeAll(async () => {
  town = await Town.build();
  alice = await town.patient('HospAMSP', 'alice');
  doctor = await town.physician('HospBMSP', 'dr-bauer');
  stranger = await town.physician('HospCMSP', 'dr-chen');
  prescription = await file('prescription');
  image = await file('medical-imaging');
  grant = await alice.client.grants.create({
    grantee: 'dr-bauer',
    categories: ['prescription'],
    purposes: ['TREAT'],
    durationMs: HOUR_MS,
  });
});

afterAll(async () => {
  await town[Symbol.asyncDispose]();
});

const fetching = (who: Person, record: TransactionRecord, purpose = 'TREAT'): Promise<string> =>
  codeOf(who.client.records.fetch(record.recordId, { purpose: purpose as 'TREAT' }), 'fetched');

const reencrypt = (who: Person, ticketId: string): Promise<string> =>
  codeOf(
    who.ledger.evaluate('access:Reencrypt', { ticketId }, { organizations: ['HospAMSP'] }),
    'answered',
  );

const requestDirectly = (who: Person, grantId: string, recordId: string): Promise<string> =>
  codeOf(
    who.ledger.submit('access:RequestAccess', {
      ticketId: 'd'.repeat(32),
      grantId,
      recordId,
      ...TREAT,
    }),
    'ticket',
  );

describe('reading without the patient wanting it', () => {
  it('is what the granted reader does not need to try', async () => {
    expect(await fetching(doctor, prescription)).toBe('fetched');
  });

  it('is denied without a grant, outside its scope and for another purpose', async () => {
    expect(await fetching(stranger, prescription)).toBe('ACCESS_DENIED');
    expect(await fetching(doctor, image)).toBe('SCOPE_NOT_GRANTED');
    expect(await fetching(doctor, prescription, 'HRESCH')).toBe('PURPOSE_DENIED');
  });

  it('is denied by every endorser to a client that skips its own checks', async () => {
    const { grantId } = grant.body;
    expect(await requestDirectly(stranger, grantId, prescription.recordId)).toBe('ACCESS_DENIED');
    expect(await requestDirectly(doctor, grantId, image.recordId)).toBe('SCOPE_NOT_GRANTED');
    expect(await requestDirectly(doctor, UNKNOWN_ID, prescription.recordId)).toBe(
      'GRANT_NOT_FOUND',
    );
  });

  it('is denied to who cannot show the attributes that the grant asks for', async () => {
    await alice.client.grants.create({
      grantee: 'dr-chen',
      categories: ['prescription'],
      purposes: ['TREAT'],
      durationMs: HOUR_MS,
      attributes: { departments: ['cardiology'] },
    });
    expect(await fetching(stranger, prescription)).toBe('ATTRIBUTE_DENIED');
  });
});

describe('reading without a trace', () => {
  it('is impossible: custodians answer to committed tickets only', async () => {
    expect(await reencrypt(doctor, UNKNOWN_ID)).toBe('TICKET_NOT_FOUND');
  });

  it('fails: what was read stands in the log, with who, when and why', async () => {
    const fetched = await doctor.client.records.fetch(prescription.recordId, TREAT);
    const entries = [];
    for await (const entry of alice.client.audit.log({ patient: 'alice' })) entries.push(entry);
    expect(entries).toContainEqual(
      expect.objectContaining({
        type: 'access.granted',
        actor: 'dr-bauer',
        mspId: 'HospBMSP',
        recordId: prescription.recordId,
        ticketId: fetched.ticket?.ticketId,
        purpose: 'TREAT',
      }),
    );
  });

  it('is not made easier by reading the log of another patient', async () => {
    const read = async (): Promise<void> => {
      for await (const entry of stranger.client.audit.log({ patient: 'alice' })) {
        expect(entry).toBeUndefined();
      }
    };
    expect(await codeOf(read)).toBe('ROLE_DENIED');
  });
});

describe('tickets', () => {
  let ticket: AccessTicket;

  beforeAll(async () => {
    ticket = await doctor.client.access.request(prescription.recordId, TREAT);
  });

  it('serve their own reader only', async () => {
    expect(await reencrypt(doctor, ticket.ticketId)).toBe('answered');
    expect(await reencrypt(stranger, ticket.ticketId)).toBe('TICKET_MISMATCH');
    expect(await reencrypt(alice, ticket.ticketId)).toBe('TICKET_MISMATCH');
  });

  it('end with their grant, at once', async () => {
    const shortLived = await alice.client.grants.create({
      grantee: 'dr-bauer',
      categories: ['medical-imaging'],
      purposes: ['TREAT'],
      durationMs: HOUR_MS,
    });
    const inHand = await doctor.client.access.request(image.recordId, TREAT);
    const receipt = await alice.client.grants.revoke(shortLived.body.grantId);
    expect(receipt.purged.map(({ mspId }) => mspId).sort()).toEqual([
      ...town.consortium.organizations,
    ]);
    expect(await reencrypt(doctor, inHand.ticketId)).toBe('GRANT_REVOKED');
    expect(await fetching(doctor, image)).toBe('GRANT_REVOKED');
  });

  it('end with their reader’s suspension', async () => {
    const leaver = await town.physician('HospBMSP', 'dr-leaver');
    await alice.client.grants.create({
      grantee: 'dr-leaver',
      categories: ['prescription'],
      purposes: ['TREAT'],
      durationMs: HOUR_MS,
    });
    const inHand = await leaver.client.access.request(prescription.recordId, TREAT);
    await leaver.client.identity.suspend('dr-leaver');
    expect(await reencrypt(leaver, inHand.ticketId)).toBe('CALLER_SUSPENDED');
  });

  it('end by themselves', async () => {
    town.passTime(ticket.expiresAt - ticket.issuedAt);
    expect(await reencrypt(doctor, ticket.ticketId)).toBe('TICKET_EXPIRED');
    expect(await fetching(doctor, prescription)).toBe('fetched');
  });
});

describe('false identities', () => {
  const usersOf = (who: Pick<Person, 'userId' | 'seed' | 'identity'>): Promise<string> =>
    codeOf(town.connectAs(who), 'admitted');

  it('with a certificate of another CA of the same name are not admitted', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'emr-share-impostor-'));
    const impostor = await Consortium.open({ directory });
    try {
      const { identity } = await impostor.enrol('HospBMSP', {
        userId: 'dr-bauer',
        role: 'physician',
      });
      expect(await usersOf({ ...doctor, identity })).toBe('CERTIFICATE_REFUSED');
    } finally {
      await impostor.close();
      await rm(directory, { recursive: true });
    }
  });

  it('with the certificate of another, and a key of their own, are not admitted', async () => {
    const identity = {
      ...stranger.identity,
      mspId: doctor.identity.mspId,
      certificatePem: doctor.identity.certificatePem,
      sign: (digest: Uint8Array) => stranger.identity.sign(digest),
    };
    expect(await usersOf({ ...doctor, identity })).toBe('CERTIFICATE_REFUSED');
  });

  it('with a certificate of another organization are not admitted', async () => {
    const { certificatePem } = stranger.identity;
    const identity = {
      mspId: 'HospAMSP',
      certificatePem,
      sign: (digest: Uint8Array) => stranger.identity.sign(digest),
    };
    expect(await usersOf({ ...stranger, identity })).toBe('CERTIFICATE_REFUSED');
  });

  it('whose certificate was revoked are not admitted', async () => {
    const gone = await town.physician('HospCMSP', 'dr-gone');
    await town.consortium.revokeEnrolment('HospCMSP', 'dr-gone');
    expect(await usersOf(gone)).toBe('CERTIFICATE_REFUSED');
  });

  it('that claim more than the certificate says are refused', async () => {
    const device = await town.enrol('HospAMSP', 'pump-7', 'device');
    expect(await codeOf(device.client.identity.register({ role: 'physician' }))).toBe(
      'CALLER_MISMATCH',
    );
  });

  it('with the keys of another are refused', async () => {
    const second = await town.enrol('HospAMSP', 'mallory', 'patient');
    const taken = await alice.client.identity.get('alice');
    const { status: _status, signature, ...body } = taken;
    expect(await codeOf(second.ledger.submit('registry:RegisterUser', { body, signature }))).toBe(
      'CALLER_MISMATCH',
    );
  });
});

describe('fragments', () => {
  it('have no transaction that returns them: none has a field for one in its response', () => {
    const names = Object.keys(TRANSACTIONS) as TransactionName[];
    // Contracts that see fragments; what audiences and recoveries seal goes to the reader's own key.
    const theirs = names.filter((name) => /^(grants|access|records|registry):/.test(name));
    const fields = theirs.flatMap((name) => fieldsOf(TRANSACTIONS[name].response));
    expect(fields).toContain('cfrag');
    expect(fields.filter((field) => /^(sealed|kfrag|fragment)$/.test(field))).toEqual([]);
  });

  it('cannot be deposited for another organization, or by another than the patient', async () => {
    const deposit = town.secrets.deposits.find(({ mspId }) => mspId === 'HospAMSP');
    const transient = { fragments: deposit?.transient ?? new Uint8Array() };
    const request = { grantId: grant.body.grantId, mspId: 'HospBMSP' };
    const submit = (who: Person): Promise<string> =>
      codeOf(
        who.ledger.submit('grants:DepositFragments', request, {
          transient,
          organizations: ['HospBMSP'],
        }),
      );
    expect(await submit(alice)).toBe('FRAGMENT_INVALID');
    expect(await submit(doctor)).toBe('ROLE_DENIED');
  });

  it('cannot be purged by others while their grant is active', async () => {
    const { grantId } = grant.body;
    const purge = (who: Person): Promise<string> =>
      codeOf(
        who.ledger.submit(
          'grants:PurgeFragments',
          { grantId, mspId: 'HospAMSP' },
          { organizations: ['HospAMSP'] },
        ),
      );
    expect(await purge(stranger)).toBe('ROLE_DENIED');
    expect(await purge(alice)).toBe('GRANT_ACTIVE');
    expect(await codeOf(stranger.ledger.submit('grants:RevokeGrant', { grantId }))).toBe(
      'ROLE_DENIED',
    );
  });
});

/** All field names of a schema, at any depth. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    if (key === 'entries' && typeof value === 'object' && value !== null) {
      return [...Object.keys(value), ...Object.values(value).flatMap(fieldsOf)];
    }
    if (Array.isArray(value)) return value.flatMap(fieldsOf);
    return ['item', 'wrapped'].includes(key) ? fieldsOf(value) : [];
  });
}
