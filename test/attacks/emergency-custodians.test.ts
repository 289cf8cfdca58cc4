/**
 * Threats 1 and 2 of docs/threat-model.md, in an emergency: organizations that pool what they hold, lie
 * about it, or hand a reader something that the patient never signed.
 */
import {
  Capsule,
  decryptOriginal,
  KeyShare,
  Partial,
  PublicKey,
  recoverSecretKey,
  sealBox,
  SecretKey,
  ShareCommitments,
  shareSecretKey,
} from '@emr-share/crypto';
import { beforeAll, expect, it } from '@jest/globals';
import { Keyring, type Ledger } from '@emr-share/gateway-client';
import {
  canonicalBytes,
  EmrError,
  type Audience,
  type AudienceTicket,
  type MspId,
  type TransactionRecord,
  type TransactionResponse,
} from '@emr-share/model';
import { describeOnEachBackend } from '../support/backends.js';
import { heardLiar, interceptedLedger, lyingAt } from '../support/between.js';
import type { Person } from '../support/people.js';
import { codeOf, refusalOf } from '../support/refusal.js';
import { codeOf as cryptoCodeOf } from './support/refusal.js';
import { CONTENT, openTicket, openWard, read, type Ward } from './support/ward.js';

type Opened = TransactionResponse<'audience:OpenRecords'>;

const OPEN = 'audience:OpenRecords';
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describeOnEachBackend('custodians in an emergency', (backend) => {
  let ward: Ward;
  let ticket: AudienceTicket;

  beforeAll(async () => {
    ward = await openWard(backend());
    ticket = await openTicket(ward);
  });

  /** The physician's client with somebody between it and the ledger, and what it warned of. */
  const through = async (
    ledger: (real: Ledger) => Ledger,
  ): Promise<{ client: Person['client']; warnings: EmrError[] }> => {
    const warnings: EmrError[] = [];
    const onWarning = (warning: EmrError): void => {
      warnings.push(warning);
    };
    return { client: await ward.physician.again({ ledger, onWarning }), warnings };
  };

  /** A custodian that answers in the right form, from a share that is not its own. */
  const misled = (answer: Opened): Opened => {
    const { mspId, ticketId } = answer;
    const { shares } = shareSecretKey(SecretKey.random(), { threshold: 2, shares: 3 });
    const share = shares[backend().organizations.indexOf(mspId)]!;
    const readerKey = PublicKey.fromCompressedBytes(bytesOf(ticket.readerKey));
    return {
      ...answer,
      partials: answer.partials.map(({ recordId }) => {
        const occasion = canonicalBytes({ recordId, ticketId });
        const partial = Partial.compute(share, capsuleOf(ward.prescription), occasion);
        const context = canonicalBytes({ mspId, recordId, ticketId });
        return { recordId, sealed: hexOf(sealBox(readerKey, partial.toBytes(), { context })) };
      }),
    };
  };

  it('below the threshold hold nothing: the threshold opens, one share fits any key', async () => {
    const shares: KeyShare[] = [];
    const { patient, prescription } = ward;
    watch(patient.keyring, shares);
    const { body, scopes } = await patient.client.emergency.setRule({
      categories: ['prescription'],
    });
    expect([body.threshold, shares.length]).toEqual([2, backend().organizations.length]);

    const { encryptedDek } = prescription.metadata.keyWrap;
    const open = (key: SecretKey): Uint8Array =>
      decryptOriginal(key, capsuleOf(prescription), bytesOf(encryptedDek));
    expect(open(recoverSecretKey(shares.slice(1)))).toHaveLength(32);

    for (const share of shares) {
      expect(await cryptoCodeOf(() => recoverSecretKey([share]))).toBe('SHARES_INSUFFICIENT');
      const alone = SecretKey.fromBEBytes(share.toBytes().slice(1));
      expect(await cryptoCodeOf(() => open(alone))).toBe('DECRYPTION_FAILED');
      const other = SecretKey.random();
      const fitting = sharingOf(other, share);
      expect(KeyShare.fromBytes(share.toBytes(), fitting).index).toBe(share.index);
      expect(fitting.publicKey.equals(other.publicKey())).toBe(true);
    }
    expect(scopes.map((scope) => scope.body.commitments)).toEqual([
      hexOf(shares[0]!.commitments.toBytes()),
    ]);
    ticket = await openTicket(ward);
  });

  it('below the threshold open nothing, where the others are out of reach', async () => {
    for (const alone of backend().organizations) {
      const { client } = await through((real) =>
        interceptedLedger(real, (call, pass) =>
          call.name === OPEN && call.organizations?.[0] !== alone
            ? Promise.reject(new EmrError('LEDGER_UNAVAILABLE', { endpoint: 'peer' }))
            : pass(),
        ),
      );
      expect(await refusalOf(read(client, ticket))).toMatchObject({
        code: 'PARTIALS_INSUFFICIENT',
        details: { need: 2 },
      });
    }
  });

  it('are named where they lie, and done without', async () => {
    for (const liar of backend().organizations) {
      const { client, warnings } = await through(heardLiar(liar, OPEN, misled));
      expect(await read(client, ticket)).toEqual([CONTENT]);
      expect(warnings).toMatchObject([{ code: 'PARTIAL_INVALID', details: { mspId: liar } }]);
    }
  });

  it('in the majority keep the physician out, but cannot make anything up', async () => {
    const liars = backend().organizations.slice(0, 2);
    const { client, warnings } = await through(lyingAt(liars, OPEN, misled));
    expect(await codeOf(read(client, ticket))).toBe('PARTIALS_INSUFFICIENT');
    expect(warnings.map(({ code }) => code)).toEqual(['PARTIAL_INVALID', 'PARTIAL_INVALID']);
  });

  it('do not get away with what they answered to an earlier ticket', async () => {
    const [liar] = backend().organizations;
    const earlier: Opened[] = [];
    const honest = await through(
      heardLiar(liar!, OPEN, (answer: Opened) => {
        earlier.push(answer);
        return answer;
      }),
    );
    await read(honest.client, ticket);
    const { client, warnings } = await through(
      heardLiar(liar!, OPEN, (answer: Opened) => ({
        ...answer,
        partials: earlier[0]!.partials,
      })),
    );
    expect(await read(client, await openTicket(ward))).toEqual([CONTENT]);
    expect(warnings).toMatchObject([{ code: 'PARTIAL_INVALID', details: { mspId: liar } }]);
  });

  it('answer to the reader alone: nobody else opens what passes by', async () => {
    const [mspId] = backend().organizations as [MspId];
    const { recordId } = ward.prescription;
    const { ticketId } = ticket;
    const { partials } = await backend()
      .ledger(ward.physician.identity)
      .evaluate(OPEN, { ticketId, recordIds: [recordId] }, { organizations: [mspId] });
    const sealed = bytesOf(partials[0]!.sealed);
    const context = canonicalBytes({ mspId, recordId, ticketId });
    expect(ward.physician.keyring.openSealed(sealed, context)).toHaveLength(98);
    for (const { keyring } of [ward.colleague, ward.consultant, ward.patient]) {
      expect(await cryptoCodeOf(() => keyring.openSealed(sealed, context))).toBe(
        'SEALED_BOX_INVALID',
      );
    }
  });

  it('cannot pass off a sharing, or a record, that its signer did not make; nobody else is blamed', async () => {
    const impostor = Keyring.random();
    const forgedAudience = (audience: Audience): Audience => ({
      ...audience,
      scopes: audience.scopes.map(({ body }) => {
        const { commitments } = impostor.shareScope(body.scopeId, { threshold: 2, shares: 3 });
        const forged = {
          ...body,
          delegatingKey: impostor.scopeKeyHex(body.scopeId),
          commitments: hexOf(commitments.toBytes()),
        };
        return { body: forged, signature: impostor.sign('audience-scope', forged) };
      }),
    });
    const forgedRecords = ({ records }: { records: TransactionRecord[] }): unknown => ({
      records: records.map((record) => ({ ...record, author: ward.colleague.userId })),
    });
    for (const lie of [
      lyingAt(['HospBMSP'], 'audience:GetAudience', forgedAudience),
      lyingAt(['HospBMSP'], 'audience:ListRecords', forgedRecords),
    ]) {
      const { client, warnings } = await through(lie);
      expect(await codeOf(read(client, ticket.ticketId))).toBe('SIGNATURE_INVALID');
      expect(warnings).toEqual([]);
    }
  });

  it('get no receipt for shares that are gone while any one of them still has its share', async () => {
    const { patient } = ward;
    const ledger = backend().ledger(patient.identity);
    for (const holder of backend().organizations) {
      const { body } = await patient.client.audiences.create({
        categories: ['omics'],
        readers: { roles: ['researcher'] },
        purposes: ['TREAT'],
        notAfter: Date.now() + 3_600_000,
      });
      const { audienceId } = body;
      const close = () => ledger.submit('audience:CloseAudience', { audienceId });
      expect(await codeOf(close())).toBe('AUDIENCE_ACTIVE');
      await ledger.submit('audience:EndAudience', { audienceId });
      const others = backend().organizations.filter((mspId) => mspId !== holder);
      for (const mspId of others) {
        await ledger.submit(
          'audience:PurgeShares',
          { audienceId, mspId },
          { organizations: [mspId] },
        );
      }
      expect(await codeOf(close())).toBe('SHARE_PRESENT');
      const { purged } = await patient.client.audiences.end(audienceId);
      expect(purged.map(({ mspId }) => mspId)).toEqual(backend().organizations);
    }
  });
});

const capsuleOf = ({ metadata }: TransactionRecord): Capsule =>
  Capsule.fromBytesSimple(bytesOf(metadata.keyWrap.capsule));

/** Has a keyring show the shares that it makes. */
function watch(keyring: Keyring, shares: KeyShare[]): void {
  const shareScope = keyring.shareScope.bind(keyring);
  Object.assign(keyring, {
    shareScope: (...args: Parameters<Keyring['shareScope']>) => {
      const shared = shareScope(...args);
      shares.push(...shared.shares);
      return shared;
    },
  });
}

/**
 * A sharing of any key, two of n, that a given share belongs to: f(0) is the key, f(index) the share's
 * value.
 */
function sharingOf(key: SecretKey, share: KeyShare): ShareCommitments {
  const [index = 0, ...value] = share.toBytes();
  const secret = scalarOf(key.toBEBytes());
  const slope = ((scalarOf(value) - secret) * inverse(BigInt(index))) % ORDER;
  const coefficient = SecretKey.fromBEBytes(
    bytesOf(((slope + ORDER) % ORDER).toString(16).padStart(64, '0')),
  );
  return ShareCommitments.fromBytes(
    Buffer.concat([key, coefficient].map((one) => one.publicKey().toCompressedBytes())),
  );
}

const scalarOf = (bytes: Iterable<number>): bigint => BigInt(`0x${hexOf(Uint8Array.from(bytes))}`);

/** By Fermat. */
function inverse(x: bigint): bigint {
  let [result, power] = [1n, x];
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * power) % ORDER;
    power = (power * power) % ORDER;
  }
  return result;
}
