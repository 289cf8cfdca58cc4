/**
 * Threat 8 of docs/threat-model.md: somebody has read a keystore, and its owner has rotated the keys.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Capsule } from '@emr-share/crypto';
import { Keyring, type EmrError, type Ledger } from '@emr-share/gateway-client';
import {
  recordBodyOf,
  type KeyRotationBody,
  type PolicyBody,
  type RecordBody,
  type RecoveryEndBody,
  type SignedKeyRotation,
  type TransactionRecord,
  type User,
} from '@emr-share/model';
import { eventually } from '../support/eventually.js';
import { MemoryKeystore } from '../support/rotation-store.js';
import { codeOf } from './support/refusal.js';
import { interpose, Town, type Person } from './support/town.js';

let town: Town;
let alice: Person;
let doctor: Person;
let mallory: Person;
/** The keys that alice had when her keystore was read. */
let stolen: Keyring;
/** The keys that alice has now. */
let current: Keyring;
let before: TransactionRecord;
let after: TransactionRecord;
let rotated: User;

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const about = { patient: 'alice', category: 'medicine', contentType: 'text/plain' } as const;

async function upload(text: string): Promise<TransactionRecord> {
  return (await doctor.client.records.upload(Buffer.from(text), about)).record;
}

/** A rotation to `next` as `former` would sign it, with what is changed. */
function rotationTo(
  next: Keyring,
  former: Keyring,
  changes: Partial<KeyRotationBody> = {},
): SignedKeyRotation {
  const body: KeyRotationBody = {
    userId: 'alice',
    number: 2,
    previousVerifyingKey: former.verifyingKeyHex,
    verifyingKey: next.verifyingKeyHex,
    readerKey: next.readerKeyHex,
    previousSeed: '00'.repeat(83),
    rotatedAt: town.clock.now(),
    ...changes,
  };
  const signature = former.sign('key-rotation', body);
  return { body, signature, possession: next.sign('key-rotation', body) };
}

const rotate = (ledger: Ledger, rotation: SignedKeyRotation): Promise<string> =>
  codeOf(ledger.submit('registry:RotateKeys', { rotation, scopes: [] }), 'rotated');

beforeAll(async () => {
  town = await Town.build();
  alice = await town.patient('HospAMSP', 'alice');
  doctor = await town.physician('HospBMSP', 'dr-bauer');
  mallory = await town.patient('HospBMSP', 'mallory');
  before = await upload('before');
  await alice.client.recovery.plan({ waitMs: 60_000 });
  const store = new MemoryKeystore([alice.seed]);
  stolen = store.copy().keyring;
  town.passTime(1000);
  ({ user: rotated } = await alice.client.keys.rotate({ store }));
  current = store.keyring;
  after = await upload('after');
});

afterAll(async () => {
  await town[Symbol.asyncDispose]();
});

describe('a stolen key that was rotated', () => {
  it('files, grants, publishes and vetoes nothing any more, dated back or not', async () => {
    const { ledger } = alice;
    const wasInForceAt = rotated.keysSince! - 500;
    const { body: policy } = await ledger.evaluate('registry:GetPolicy', { patient: 'alice' });
    const { body: plan } = await alice.client.recovery.get();
    const { response: recovery } = await ledger.submit('recovery:Request', {
      requestId: 'b'.repeat(32),
      planId: plan.planId,
      recoveryKey: Keyring.random().readerKeyHex,
    });
    const record: RecordBody = {
      ...recordBodyOf(before),
      recordId: 'a'.repeat(32),
      author: 'alice',
      timestamp: wasInForceAt,
    };
    const opened: PolicyBody = { ...policy, version: 2, publishedAt: wasInForceAt };
    const end: RecoveryEndBody = {
      requestId: recovery.requestId,
      patient: 'alice',
      outcome: 'completed',
      endedAt: town.clock.now(),
    };
    const signature = stolen.sign('record', record);
    const attempts = [
      ledger.submit('records:FileRecord', { ...record, signature }),
      ledger.submit('registry:PublishPolicy', {
        body: opened,
        signature: stolen.sign('policy', opened),
      }),
      mallory.ledger.submit('recovery:Complete', {
        body: end,
        signature: stolen.sign('recovery-end', end),
      }),
    ];
    for (const attempt of attempts) expect(await codeOf(attempt)).toBe('SIGNATURE_INVALID');
  });

  it('does not rotate the keys once more, whatever it calls its number', async () => {
    const next = Keyring.random();
    expect(await rotate(alice.ledger, rotationTo(next, stolen))).toBe('ROTATION_STALE');
    expect(await rotate(alice.ledger, rotationTo(next, stolen, { number: 1 }))).toBe(
      'ROTATION_STALE',
    );
    const asNewest = { previousVerifyingKey: current.verifyingKeyHex };
    expect(await rotate(alice.ledger, rotationTo(next, stolen, asNewest))).toBe(
      'SIGNATURE_INVALID',
    );
  });

  it('opens what was filed before, and nothing that was filed after', () => {
    const open = ({ metadata }: TransactionRecord, as: Keyring): Uint8Array => {
      const { scopeId, capsule, encryptedDek } = metadata.keyWrap;
      return as.openOwn(scopeId, Capsule.fromBytesSimple(bytes(capsule)), bytes(encryptedDek));
    };
    expect(open(before, stolen)).toEqual(open(before, current));
    expect(open(after, current)).toHaveLength(32);
    expect(() => open(after, stolen)).toThrow();
  });
});

describe('a rotation of keys', () => {
  it("is refused from another certificate than the user's own", async () => {
    const rotation = rotationTo(Keyring.random(), current);
    expect(await rotate(mallory.ledger, rotation)).toBe('SIGNER_MISMATCH');
  });

  it('is refused where the certificate is stolen and the key is not', async () => {
    const next = Keyring.random();
    const { body, possession } = rotationTo(next, current);
    expect(await rotate(alice.ledger, { body, possession, signature: possession })).toBe(
      'SIGNATURE_INVALID',
    );
  });

  it('is refused to a key that the caller does not have', async () => {
    const rotation = rotationTo(doctor.keyring, current);
    const possession = current.sign('key-rotation', rotation.body);
    expect(await rotate(alice.ledger, { ...rotation, possession })).toBe('SIGNATURE_INVALID');
  });

  it('is refused where it skips a number, or goes back to keys that were replaced', async () => {
    const skipping = rotationTo(Keyring.random(), current, { number: 3 });
    expect(await rotate(alice.ledger, skipping)).toBe('ROTATION_STALE');
    expect(await rotate(alice.ledger, rotationTo(stolen, current))).toBe('ROTATION_REFUSED');
  });

  it('changes nothing when it is replayed', async () => {
    const { rotations } = await alice.ledger.evaluate('registry:GetKeyHistory', {
      userId: 'alice',
    });
    const [first] = rotations;
    expect(await rotate(alice.ledger, first!)).toBe('rotated');
    expect(await alice.client.identity.get('alice')).toEqual(rotated);
  });

  it('is not undone by an organization that hides it, nor by a scope under the stolen key', async () => {
    const warnings: EmrError[] = [];
    const { scopeId } = after.metadata.keyWrap;
    const forged = {
      scopeId,
      patient: 'alice',
      delegatingKey: stolen.scopeKeyHex(scopeId),
      publishedAt: rotated.keysSince! - 500,
    };
    const lying = (real: Ledger, forgesScope: boolean): Ledger =>
      interpose(real, {
        onEvaluate: async (name, options, answer) => {
          const isOwn = (options?.organizations ?? [real.mspId]).includes(real.mspId);
          const truth = await answer();
          if (!isOwn) return truth;
          if (name === 'registry:GetUser' && (truth as User).userId === 'alice') {
            const { keyNumber: _n, keysSince: _s, registered, ...user } = truth as User;
            return { ...user, ...registered };
          }
          return forgesScope && name === 'registry:GetCurrentScope'
            ? { body: forged, signature: stolen.sign('scope', forged) }
            : truth;
        },
      });
    const session = async (forgesScope: boolean): Promise<Person> =>
      town.connectAs(doctor, {
        ledger: (real) => lying(real, forgesScope),
        onWarning: (warning) => warnings.push(warning),
      });
    const deceived = await session(true);
    expect(await codeOf(deceived.client.records.upload(Buffer.from('to the thief'), about))).toBe(
      'SIGNATURE_INVALID',
    );
    const outvoting = await session(false);
    const { record } = await outvoting.client.records.upload(Buffer.from('to alice'), about);
    expect(record.metadata.keyWrap.scopeId).toBe(scopeId);
    await eventually(() => {
      expect(warnings.map(({ code }) => code)).toContain('ENDORSEMENT_MISMATCH');
    });
  });
});
