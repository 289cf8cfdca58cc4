/**
 * One organization answers with lies: it is found out, named, and does no harm.
 */
import { encrypt, PublicKey, SecretKey } from '@emr-share/crypto';
import { beforeAll, expect, it } from '@jest/globals';
import { Keyring } from '@emr-share/gateway-client';
import type { Custodian, TransactionRecord, User } from '@emr-share/model';
import type { EmrError } from '@emr-share/model';
import { describeOnEachBackend } from '../support/backends.js';
import { flipLastDigit, heardLiar, lyingAt } from '../support/between.js';
import { eventually } from '../support/eventually.js';
import { newPatient, newPhysician, type Person } from '../support/people.js';
import { codeOf, refusalOf } from '../support/refusal.js';

describeOnEachBackend('a lying organization', (backend) => {
  let patient: Person;
  let physician: Person;
  let record: TransactionRecord;
  const read = async (client: Person['client']): Promise<string> => {
    const fetched = await client.records.fetch(record.recordId, { purpose: 'TREAT' });
    return Buffer.from(await fetched.bytes()).toString();
  };

  beforeAll(async () => {
    patient = await newPatient(backend());
    physician = await newPhysician(backend());
    const options = {
      patient: patient.userId,
      category: 'medicine',
      contentType: 'text/plain',
    } as const;
    ({ record } = await patient.client.records.upload(Buffer.from('aspirin'), options));
    await patient.client.grants.create({
      grantee: physician.userId,
      categories: ['medicine'],
      purposes: ['TREAT'],
      durationMs: 600_000,
    });
  });

  interface Reencrypted {
    readonly cfrag: string;
  }
  const alteredCfrag = (answer: Reencrypted): unknown => ({
    ...answer,
    cfrag: flipLastDigit(answer.cfrag),
  });

  it('as custodian is named and left out', async () => {
    for (const liar of backend().organizations) {
      const warnings: EmrError[] = [];
      const client = await physician.again({
        ledger: heardLiar(liar, 'access:Reencrypt', alteredCfrag),
        onWarning: (warning) => warnings.push(warning),
      });
      expect(await read(client)).toBe('aspirin');
      expect(warnings).toMatchObject([{ code: 'CFRAG_INVALID', details: { mspId: liar } }]);
    }
  });

  it("as custodian does not get away with the answer to another reader's ticket", async () => {
    const [liar] = backend().organizations;
    const warnings: EmrError[] = [];
    const old: Reencrypted[] = [];
    const first = await physician.again({
      ledger: heardLiar(liar!, 'access:Reencrypt', (answer: Reencrypted) => {
        old.push(answer);
        return answer;
      }),
    });
    await read(first);
    const options = {
      patient: patient.userId,
      category: 'medicine',
      contentType: 'text/plain',
    } as const;
    const other = await patient.client.records.upload(Buffer.from('warfarin'), options);
    const client = await physician.again({
      ledger: heardLiar(liar!, 'access:Reencrypt', () => old[0]),
      onWarning: (warning) => warnings.push(warning),
    });
    const fetched = await client.records.fetch(other.record.recordId, { purpose: 'TREAT' });
    expect(Buffer.from(await fetched.bytes()).toString()).toBe('warfarin');
    expect(warnings).toMatchObject([{ code: 'CFRAG_INVALID', details: { mspId: liar } }]);
  });

  it('in the majority keeps a reader out, but cannot make anything up', async () => {
    const liars = backend().organizations.slice(0, 2);
    const client = await physician.again({
      ledger: lyingAt(liars, 'access:Reencrypt', alteredCfrag),
    });
    expect(await refusalOf(read(client))).toMatchObject({
      code: 'CFRAGS_INSUFFICIENT',
      details: { need: 2 },
    });
  });

  it("cannot put its own key in the place of a patient's: author and scope are checked", async () => {
    const impostor = Keyring.random();
    const author = await newPhysician(backend(), { name: 'd.abel', mspId: 'HospAMSP' });
    const scopeId = `${patient.userId}/medicine/0`;
    const forgedScope = (): unknown => {
      const body = {
        scopeId,
        patient: patient.userId,
        delegatingKey: impostor.scopeKeyHex(scopeId),
        publishedAt: 1,
      };
      return { body, signature: impostor.sign('scope', body) };
    };
    const forgedUser = (real: User): unknown => {
      const { signature: _signature, status, ...rest } = real;
      const body = {
        ...rest,
        verifyingKey: impostor.verifyingKeyHex,
        readerKey: impostor.readerKeyHex,
      };
      return { ...body, signature: impostor.sign('registration', body), status };
    };
    const warnings: EmrError[] = [];
    const own = 'HospAMSP';
    const client = await author.again({
      ledger: (real) =>
        lyingAt([own], 'registry:GetUser', (user: User) =>
          user.userId === patient.userId ? forgedUser(user) : user,
        )(lyingAt([own], 'registry:GetCurrentScope', forgedScope)(real)),
      onWarning: (warning) => warnings.push(warning),
    });
    const options = {
      patient: patient.userId,
      category: 'medicine',
      contentType: 'text/plain',
    } as const;
    const upload = client.records.upload(Buffer.from('secret'), options);
    expect(await codeOf(upload)).toBe('SIGNATURE_INVALID');
    // The keys are read again where a signature does not fit: the patient may have rotated them.
    const outvoted = { code: 'ENDORSEMENT_MISMATCH', details: { organizations: own } };
    // The honest majority's answers may be in before the lie is.
    await eventually(() => {
      expect(warnings).toMatchObject([outvoted, outvoted]);
    });
  });

  it("cannot put its own key in the place of the other custodians'", async () => {
    const key = Buffer.from(SecretKey.random().publicKey().toCompressedBytes()).toString('hex');
    const grantee = await newPhysician(backend(), { name: 'd.ito', mspId: 'HospCMSP' });
    const warnings: EmrError[] = [];
    const client = await patient.again({
      ledger: (real) => {
        const honest = lyingAt(
          ['HospAMSP'],
          'registry:ListCustodians',
          ({ custodians }: { custodians: Custodian[] }) => ({
            custodians: custodians.map((one) => ({ ...one, publicKey: key })),
          }),
        );
        return honest(real);
      },
      onWarning: (warning) => warnings.push(warning),
    });
    await client.grants.create({
      grantee: grantee.userId,
      categories: ['medicine'],
      purposes: ['TREAT'],
      durationMs: 60_000,
    });
    await eventually(() => {
      expect(warnings[0]).toMatchObject({
        code: 'ENDORSEMENT_MISMATCH',
        details: { organizations: 'HospAMSP' },
      });
    });
    expect(await read(grantee.client)).toBe('aspirin');
  });

  it('cannot pass off a record that its author did not sign', async () => {
    const altered: ((real: TransactionRecord) => TransactionRecord)[] = [
      (real) => ({ ...real, info: { ...real.info, contentType: 'text/html' } }),
      (real) => ({ ...real, author: physician.userId }),
      (real) => ({ ...real, metadata: { ...real.metadata, ciphertextSha256: '0'.repeat(64) } }),
      (real) => ({ ...real, signature: flipLastDigit(real.signature) }),
      (real) => ({ ...real, recordId: '0'.repeat(32) }),
    ];
    for (const alter of altered) {
      const client = await physician.again({
        ledger: lyingAt(['HospBMSP'], 'records:GetRecord', alter),
      });
      expect(await codeOf(client.records.get(record.recordId))).toBe('SIGNATURE_INVALID');
      expect(await codeOf(read(client))).toBe('SIGNATURE_INVALID');
    }
  });

  it('cannot swap the key wrap of a record for one that it can open', async () => {
    const own = SecretKey.random().publicKey();
    const [capsule, encryptedDek] = encrypt(
      PublicKey.fromCompressedBytes(own.toCompressedBytes()),
      new Uint8Array(32),
    );
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    const client = await patient.again({
      ledger: lyingAt(['HospAMSP'], 'records:GetRecord', (real: TransactionRecord) => ({
        ...real,
        metadata: {
          ...real.metadata,
          keyWrap: {
            ...real.metadata.keyWrap,
            capsule: hex(capsule.toBytesSimple()),
            encryptedDek: hex(encryptedDek),
          },
        },
      })),
    });
    expect(await codeOf(client.records.fetch(record.recordId))).toBe('SIGNATURE_INVALID');
  });
});
