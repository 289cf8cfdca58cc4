import { createPrivateKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ClientIdentity } from 'fabric-shim';
import '../../src/endorsement/shim.js';
import { CertificateAuthority } from '../../src/ca/certificate-authority.js';
import { generateP256 } from '../../src/ca/p256.js';
import { Pkcs10CertificateRequestGenerator, X509Certificate } from '../../src/ca/x509.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const NOW = Date.UTC(2026, 10, 21);
const VALIDITY = CertificateAuthority.enrolmentValidity(NOW);
const ALICE = { userId: 'dr.alice', role: 'physician', department: 'cardiology' } as const;

async function newKeyPem(): Promise<string> {
  const { publicKey } = await generateP256();
  return publicKey.export({ format: 'pem', type: 'spki' }).toString();
}

describe('CertificateAuthority', () => {
  let directory: TemporaryDirectory;
  let authority: CertificateAuthority;

  beforeEach(async () => {
    directory = await TemporaryDirectory.create();
    await CertificateAuthority.create('HospAMSP', directory.path, NOW);
    authority = await CertificateAuthority.open('HospAMSP', directory.path);
  });
  afterEach(() => directory.remove());

  it('keeps its key where only its user can read it', async () => {
    const { mode } = await stat(join(directory.path, 'key.pem'));
    expect(mode & 0o777).toBe(0o600);
    const key = createPrivateKey(await readFile(join(directory.path, 'key.pem'), 'utf8'));
    expect(key.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
  });

  it("writes attributes that fabric-shim's ClientIdentity reads", async () => {
    const pem = await authority.enrol(ALICE, await newKeyPem(), VALIDITY);
    const identity = new ClientIdentity({
      getChannelID: () => 'emr',
      getTxID: () => 'tx',
      getCreator: () => ({ mspid: 'HospAMSP', idBytes: Buffer.from(pem) }),
    } as never);
    expect(identity.getMSPID()).toBe('HospAMSP');
    expect(identity.getAttributeValue('emr.user')).toBe('dr.alice');
    expect(identity.getAttributeValue('hf.EnrollmentID')).toBe('dr.alice');
    expect(identity.assertAttributeValue('role', 'physician')).toBe(true);
    expect(identity.assertAttributeValue('department', 'cardiology')).toBe(true);
    expect(identity.getID()).toBe(
      'x509::/CN=dr.alice/OU=client/O=HospAMSP::/CN=ca.HospAMSP/O=HospAMSP',
    );
  });

  it('leaves out a department that the user does not have', async () => {
    const pem = await authority.enrol(
      { userId: 'p1x', role: 'patient' },
      await newKeyPem(),
      VALIDITY,
    );
    expect(Buffer.from(pem.replace(/-----.*-----|\n/g, ''), 'base64').toString()).not.toContain(
      'department',
    );
  });

  it('certifies the key of a request that the key has signed', async () => {
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const request = await Pkcs10CertificateRequestGenerator.create({
      name: 'CN=whoever',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    });
    const pem = await authority.enrol(ALICE, request.toString('pem'), VALIDITY);
    expect(pem).toContain('BEGIN CERTIFICATE');

    const bytes = Buffer.from(request.rawData);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    await expect(authority.enrol(ALICE, forged, VALIDITY)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });

  it.each(['ed25519', 'rsa', 'secp256k1', 'secp384r1'])('refuses a key of %s', async (kind) => {
    const { publicKey } =
      kind === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : kind === 'rsa'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : generateKeyPairSync('ec', { namedCurve: kind });
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    await expect(authority.enrol(ALICE, pem, VALIDITY)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });

  it('certifies one key for each user, as often as wanted', async () => {
    const pem = await newKeyPem();
    await authority.enrol(ALICE, pem, VALIDITY);
    await authority.enrol(ALICE, pem, VALIDITY);
    await expect(authority.enrol(ALICE, await newKeyPem(), VALIDITY)).rejects.toMatchObject({
      code: 'USER_EXISTS',
    });
  });

  it('certifies another key once the first is revoked or has expired', async () => {
    await authority.enrol(ALICE, await newKeyPem(), VALIDITY);
    await authority.revoke('dr.alice', NOW);
    await authority.enrol(ALICE, await newKeyPem(), VALIDITY);
    const later = CertificateAuthority.enrolmentValidity(VALIDITY.notAfter + 1000);
    const pem = await authority.enrol(ALICE, await newKeyPem(), later);
    expect(new X509Certificate(pem).notBefore.getTime()).toBe(later.notBefore);
  });

  it('lets one of two keys through that come for one user at once', async () => {
    const keys = await Promise.all([newKeyPem(), newKeyPem()]);
    const outcomes = await Promise.allSettled(
      keys.map((key) => authority.enrol(ALICE, key, VALIDITY)),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('revokes nobody that it does not know', async () => {
    await expect(authority.revoke('dr.nobody', NOW)).rejects.toMatchObject({
      code: 'USER_NOT_FOUND',
    });
  });

  it('does not open with a revocation list that another CA signed', async () => {
    await using elsewhere = await TemporaryDirectory.create();
    await CertificateAuthority.create('HospAMSP', elsewhere.path, NOW);
    const other = await CertificateAuthority.open('HospAMSP', elsewhere.path);
    await other.enrol(ALICE, await newKeyPem(), VALIDITY);
    await other.revoke('dr.alice', NOW);
    const crl = await readFile(join(elsewhere.path, 'revoked.pem'), 'utf8');
    await writeFile(join(directory.path, 'revoked.pem'), crl);
    await expect(CertificateAuthority.open('HospAMSP', directory.path)).rejects.toThrow(
      /not signed by the CA/,
    );
  });
});
