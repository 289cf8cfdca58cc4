/**
 * The admin of each organization: enrolled when the consortium is made, registered and the
 * custodian's key published through ordinary transactions.
 *
 * @module
 */
import { createPublicKey, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  introduceAdmin,
  Keyring,
  type BlobStore,
  type Identity,
  type Ledger,
} from '@emr-share/gateway-client';
import { createIdentity } from '@emr-share/gateway-client/node';
import type { UnixMillis, UserId } from '@emr-share/model';
import { adminUserId } from './admin-user-id.js';
import { errorCode } from './blobs/durable-directory.js';
import { CertificateAuthority } from './ca/certificate-authority.js';
import { generateP256 } from './ca/p256.js';
import { X509Certificate } from './ca/x509.js';
import { SECRET_FILE_MODE, writeFileDurably } from './files.js';
import type { Organization } from './organization.js';

const SEED_BYTES = 32;
/** Certificates are renewed this long before they expire. */
const RENEWAL_MS = 30 * 86_400_000;

/** An admin's enrolled identity and keys. */
export interface Admin {
  readonly userId: UserId;
  readonly identity: Identity;
  readonly keyring: Keyring;
}

/** Opens the admin's keys in `directory`; makes what is missing. Harmless to repeat after a kill. */
export async function openAdmin(
  { mspId, authority }: Organization,
  directory: string,
  now: UnixMillis,
): Promise<Admin> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const userId = adminUserId(mspId);
  const seedHex = await readOrWrite(join(directory, 'seed.hex'), () =>
    Promise.resolve(randomBytes(SEED_BYTES).toString('hex')),
  );
  const privateKeyPem = await readOrWrite(join(directory, 'key.pem'), async () =>
    (await generateP256()).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  );
  const certificatePem = await readCertificate(authority, join(directory, 'certificate.pem'), {
    userId,
    privateKeyPem,
    now,
  });
  return {
    userId,
    identity: createIdentity({ mspId, certificatePem, privateKeyPem }),
    keyring: Keyring.fromSeed(Uint8Array.from(Buffer.from(seedHex, 'hex'))),
  };
}

/** {@link introduceAdmin} with the key that the organization's contract service holds. */
export async function introduce(
  { keyring }: Admin,
  { ledger, blobs, signal }: { ledger: Ledger; blobs: BlobStore; signal?: AbortSignal | undefined },
): Promise<void> {
  const organizations = [ledger.mspId];
  const custodian = await ledger.evaluate(
    'registry:GetCustodianKey',
    {},
    { organizations, signal },
  );
  await introduceAdmin({ ledger, blobs, keyring, signal }, custodian);
}

async function readOrWrite(path: string, make: () => Promise<string>): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  const content = await make();
  await writeFileDurably(path, content, SECRET_FILE_MODE);
  return content;
}

/** The admin's certificate, renewed for the same key when it is about to expire. */
async function readCertificate(
  authority: CertificateAuthority,
  path: string,
  { userId, privateKeyPem, now }: { userId: UserId; privateKeyPem: string; now: UnixMillis },
): Promise<string> {
  const issue = (): Promise<string> =>
    authority.enrol(
      { userId, role: 'admin' },
      createPublicKey(privateKeyPem).export({ format: 'pem', type: 'spki' }).toString(),
      CertificateAuthority.enrolmentValidity(now),
    );
  const certificatePem = await readOrWrite(path, issue);
  if (new X509Certificate(certificatePem).notAfter.getTime() > now + RENEWAL_MS) {
    return certificatePem;
  }
  const renewed = await issue();
  await writeFileDurably(path, renewed, SECRET_FILE_MODE);
  return renewed;
}
