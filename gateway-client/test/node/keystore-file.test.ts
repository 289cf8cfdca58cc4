import { createHash, createPublicKey, verify } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Keyring } from '@emr-share/gateway-client';
import { createIdentity, KeystoreFile } from '@emr-share/gateway-client/node';
import { codeOf, refusalOf } from '../support/refusal.js';
import { certificate, OTHER_CERTIFICATE } from './certificate.js';

const PASSPHRASE = 'correct horse battery';
const user = { userId: 'p.meier', mspId: 'HospAMSP', role: 'patient' } as const;
const quick = { ...user, passphrase: PASSPHRASE, scryptCost: { N: 1024, r: 8, p: 1 } };
let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emr-keystore-'));
  path = join(directory, 'p.meier.json');
});
afterEach(() => rm(directory, { recursive: true }));

type Json = Record<string, unknown>;
async function edit(change: (content: Json) => void): Promise<void> {
  const content = JSON.parse(await readFile(path, 'utf8')) as Json;
  change(content);
  await writeFile(path, JSON.stringify(content));
}

describe('KeystoreFile', () => {
  it('opens to the keyring that it was made with', async () => {
    const made = await KeystoreFile.create(path, quick);
    const opened = await KeystoreFile.open(path, PASSPHRASE);
    expect(opened.facts).toEqual(made.facts);
    expect(opened.keyring.verifyingKeyHex).toBe(made.facts.verifyingKey);
    expect(opened.keyring.readerKeyHex).toBe(made.facts.readerKey);
    expect(opened.facts.user).toEqual(user);
  });

  it('is one file, for its owner only, and holds no secret in clear', async () => {
    await KeystoreFile.create(path, quick);
    expect(await readdir(directory)).toEqual(['p.meier.json']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, 'utf8');
    expect(text).not.toContain('PRIVATE');
    expect(text).not.toContain(PASSPHRASE);
    expect(Object.keys(JSON.parse(text) as Json)).toEqual([
      'format',
      'version',
      'facts',
      'secrets',
    ]);
  });

  it('uses the full cost of scrypt unless told otherwise', async () => {
    await KeystoreFile.create(path, { ...user, passphrase: PASSPHRASE });
    const { secrets } = JSON.parse(await readFile(path, 'utf8')) as { secrets: Json };
    expect(secrets['kdf']).toMatchObject({ name: 'scrypt', N: 2 ** 17, r: 8, p: 1 });
  });

  it('never replaces a file', async () => {
    await KeystoreFile.create(path, quick);
    const before = await readFile(path, 'utf8');
    expect(await codeOf(() => KeystoreFile.create(path, quick))).toBe('KEYSTORE_EXISTS');
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(await readdir(directory)).toEqual(['p.meier.json']);
  });

  it('takes a recovered seed in the place of its own; enrolment key and certificate stay', async () => {
    const made = await KeystoreFile.create(path, quick);
    const seed = new Uint8Array(32).fill(7);
    const { verifyingKeyHex } = Keyring.fromSeed(seed);
    const other = KeystoreFile.adopt(path, 'not the passphrase', seed);
    expect(await codeOf(() => other)).toBe('KEYSTORE_LOCKED');
    const adopted = await KeystoreFile.adopt(path, PASSPHRASE, seed);
    const opened = await KeystoreFile.open(path, PASSPHRASE);
    expect(opened.facts).toEqual(adopted.facts);
    expect(opened.keyring.verifyingKeyHex).toBe(verifyingKeyHex);
    expect(opened.facts).toMatchObject({
      user,
      verifyingKey: verifyingKeyHex,
      enrolmentKeyPem: made.facts.enrolmentKeyPem,
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  describe('while its keys are rotated', () => {
    const seed = new Uint8Array(32).fill(8);
    const read = async (): Promise<Json> => JSON.parse(await readFile(path, 'utf8')) as Json;

    it('keeps the new seed beside the one in use, then in its place, and the former one', async () => {
      const made = await KeystoreFile.create(path, quick);
      expect((await read())['version']).toBe(1);
      const rotation = KeystoreFile.rotation(path, PASSPHRASE);
      expect(await rotation.begin(seed)).toEqual(seed);
      const begun = await KeystoreFile.open(path, PASSPHRASE);
      expect(begun.facts).toEqual(made.facts);
      expect(begun.keyring.verifyingKeyHex).toBe(made.facts.verifyingKey);
      expect(begun.keyring.pending?.isOf(seed)).toBe(true);

      await rotation.commit();
      const { facts, keyring } = await KeystoreFile.open(path, PASSPHRASE);
      expect((await read())['version']).toBe(2);
      expect(facts).toMatchObject({ keyNumber: 1, enrolmentKeyPem: made.facts.enrolmentKeyPem });
      expect(facts.verifyingKey).toBe(Keyring.fromSeed(seed).verifyingKeyHex);
      expect(keyring.pending).toBeNull();
      expect(keyring.ownReaderPk(made.facts.readerKey)).not.toBeNull();
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    });

    it('goes on with the seed that was begun with, and ends once', async () => {
      await KeystoreFile.create(path, quick);
      await KeystoreFile.rotation(path, PASSPHRASE).begin(seed);
      const again = KeystoreFile.rotation(path, PASSPHRASE);
      expect(await again.begin(new Uint8Array(32).fill(9))).toEqual(seed);
      await again.commit();
      await again.commit();
      expect((await KeystoreFile.open(path, PASSPHRASE)).keyring.number).toBe(1);
    });

    it('opens to nobody who calls it a file of the other version', async () => {
      await KeystoreFile.create(path, quick);
      await KeystoreFile.rotation(path, PASSPHRASE).begin(seed);
      await edit((content) => (content['version'] = 1));
      expect(await codeOf(() => KeystoreFile.open(path, PASSPHRASE))).toBe('KEYSTORE_LOCKED');
    });

    it('takes a recovered seed with those that it has replaced', async () => {
      await KeystoreFile.create(path, quick);
      const earlier = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
      await KeystoreFile.adopt(path, PASSPHRASE, seed, earlier);
      const { facts, keyring } = await KeystoreFile.open(path, PASSPHRASE);
      expect([facts.keyNumber, keyring.number]).toEqual([2, 2]);
      for (const one of earlier) {
        expect(keyring.ownReaderPk(Keyring.fromSeed(one).readerKeyHex)).not.toBeNull();
      }
    });
  });

  it('refuses another passphrase, and the empty one', async () => {
    await KeystoreFile.create(path, quick);
    for (const wrong of ['', 'correct horse batterz', `${PASSPHRASE} `]) {
      expect(await codeOf(() => KeystoreFile.open(path, wrong))).toBe('KEYSTORE_LOCKED');
    }
  });

  it('takes the same passphrase typed with other code points', async () => {
    await KeystoreFile.create(path, { ...quick, passphrase: 'Zürich Kürbis' });
    const decomposed = 'Zürich Kürbis'.normalize('NFD');
    expect((await KeystoreFile.open(path, decomposed)).facts.user).toEqual(user);
  });

  it.each(['', 'short', '1234567'])('refuses to be made with passphrase %p', async (passphrase) => {
    expect(await codeOf(() => KeystoreFile.create(path, { ...quick, passphrase }))).toBe(
      'INPUT_INVALID',
    );
    expect(await readdir(directory)).toEqual([]);
  });

  it('refuses a user that could not be enrolled', async () => {
    const wrong = { ...quick, userId: 'Jane Doe' };
    expect(await codeOf(() => KeystoreFile.create(path, wrong))).toBe('INPUT_INVALID');
  });

  it('does not open where others can read it, and says what to do', async () => {
    await KeystoreFile.create(path, quick);
    for (const mode of [0o640, 0o604, 0o666]) {
      await chmod(path, mode);
      const refusal = await refusalOf(() => KeystoreFile.open(path, PASSPHRASE));
      expect(refusal.code).toBe('KEYSTORE_INVALID');
      expect(refusal.message).toContain(`chmod 600 ${path}`);
      expect(await codeOf(() => KeystoreFile.read(path))).toBe('KEYSTORE_INVALID');
    }
    await chmod(path, 0o600);
    expect((await KeystoreFile.read(path)).user).toEqual(user);
  });

  it('says where there is none', async () => {
    expect(await codeOf(() => KeystoreFile.open(path, PASSPHRASE))).toBe('KEYSTORE_NOT_FOUND');
    expect(await codeOf(() => KeystoreFile.read(join(path, 'below')))).toBe('KEYSTORE_NOT_FOUND');
  });

  it.each<[string, string]>([
    ['no JSON', '{'],
    ['another JSON', '{"format":"other"}'],
    ['nothing', ''],
    ['far too much', ' '.repeat((1 << 20) + 1)],
  ])('refuses a file with %s', async (_name, text) => {
    await writeFile(path, text, { mode: 0o600 });
    expect(await codeOf(() => KeystoreFile.open(path, PASSPHRASE))).toBe('KEYSTORE_INVALID');
  });

  it('refuses a directory', async () => {
    await chmod(directory, 0o700);
    expect(await codeOf(() => KeystoreFile.read(directory))).toBe('KEYSTORE_INVALID');
  });

  it('refuses a cost that would exhaust the machine', async () => {
    await KeystoreFile.create(path, quick);
    await edit((content) => {
      Object.assign((content['secrets'] as { kdf: Json }).kdf, { N: 2 ** 30 });
    });
    expect(await codeOf(() => KeystoreFile.open(path, PASSPHRASE))).toBe('KEYSTORE_INVALID');
  });

  it.each<[string, (facts: Json) => void]>([
    ['user ID', (facts) => Object.assign(facts['user'] as Json, { userId: 'd.wong' })],
    ['role', (facts) => Object.assign(facts['user'] as Json, { role: 'admin' })],
    ['reader key', (facts) => Object.assign(facts, { readerKey: `02${'1'.repeat(64)}` })],
  ])('does not open under another %s', async (_name, change) => {
    await KeystoreFile.create(path, quick);
    await edit((content) => {
      change(content['facts'] as Json);
    });
    expect(await codeOf(() => KeystoreFile.open(path, PASSPHRASE))).toBe('KEYSTORE_LOCKED');
  });

  it('has no identity before it is certified', async () => {
    const made = await KeystoreFile.create(path, quick);
    expect(await codeOf(() => made.identity())).toBe('KEYSTORE_INVALID');
  });

  it('refuses a certificate of another key, and what is none', async () => {
    await KeystoreFile.create(path, quick);
    for (const pem of [OTHER_CERTIFICATE, 'x', '-----BEGIN CERTIFICATE-----\nAAAA\n']) {
      expect(await codeOf(() => KeystoreFile.addCertificate(path, pem))).toBe('INPUT_INVALID');
    }
    expect((await KeystoreFile.read(path)).certificatePem).toBeUndefined();
  });

  it('signs low-S signatures that verify with the certified key, once certified', async () => {
    const { facts } = await KeystoreFile.create(path, quick);
    const pem = await certificate(facts.enrolmentKeyPem);
    await KeystoreFile.addCertificate(path, pem);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const identity = (await KeystoreFile.open(path, PASSPHRASE)).identity();
    expect(identity).toMatchObject({ mspId: 'HospAMSP', certificatePem: pem });
    const key = createPublicKey(facts.enrolmentKeyPem);
    for (const message of ['one', 'two', 'three', 'four', 'five', 'six']) {
      const digest = createHash('sha256').update(message).digest();
      const signature = await identity.sign(digest);
      expect(verify('sha256', Buffer.from(message), key, signature)).toBe(true);
      expect(isLowS(signature)).toBe(true);
    }
  });

  it('never prints a secret', async () => {
    const made = await KeystoreFile.create(path, quick);
    const printed = [JSON.stringify(made), inspect(made, { depth: 9, showHidden: true })].join(
      '\n',
    );
    expect(printed).not.toContain('PRIVATE');
    expect(printed).not.toMatch(/seed/i);
  });
});

const HALF_ORDER = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;

/** DER: 30 len 02 len r 02 len s. */
function isLowS(der: Uint8Array): boolean {
  const rLength = der[3]!;
  const s = der.subarray(6 + rLength);
  return BigInt(`0x${Buffer.from(s).toString('hex')}`) <= HALF_ORDER;
}

describe('createIdentity', () => {
  it.each(['', 'no key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'])(
    'refuses %p as a key without repeating it',
    async (privateKeyPem) => {
      const refusal = await refusalOf(() =>
        createIdentity({ mspId: 'HospAMSP', certificatePem: OTHER_CERTIFICATE, privateKeyPem }),
      );
      expect(refusal.code).toBe('INPUT_INVALID');
      expect(refusal.message).not.toContain('AAAA');
    },
  );
});
