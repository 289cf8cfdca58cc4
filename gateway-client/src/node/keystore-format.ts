/**
 * What stands in a keystore file: public facts in clear, the secrets in a passphrase box bound to them.
 * See docs/protocol.md §3.
 *
 * @module
 */
import { parsePassphraseBox, type PassphraseBox } from '@emr-share/crypto';
import { canonicalBytes, Department, MspId, PublicKeyHex, Role, UserId } from '@emr-share/model';
import * as v from 'valibot';

const pem = (label: string): v.GenericSchema<string> =>
  v.pipe(
    v.string(),
    v.maxLength(16_384),
    v.startsWith(`-----BEGIN ${label}-----\n`, `${label} as PEM`),
  );

/** Whose keystore it is, as the certificate will say. */
export const KeystoreUser = v.strictObject({
  userId: UserId,
  mspId: MspId,
  role: Role,
  department: v.optional(Department),
});
export type KeystoreUser = v.InferOutput<typeof KeystoreUser>;

/** What anyone who may read the file learns without the passphrase. */
export const KeystoreFacts = v.strictObject({
  user: KeystoreUser,
  verifyingKey: PublicKeyHex,
  readerKey: PublicKeyHex,
  /** How often the keys were rotated; left out: never. */
  keyNumber: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  /** For the organization's CA to certify: SPKI, PEM. */
  enrolmentKeyPem: pem('PUBLIC KEY'),
  /** From the organization's CA, once enrolled. */
  certificatePem: v.optional(pem('CERTIFICATE')),
});
export type KeystoreFacts = v.InferOutput<typeof KeystoreFacts>;

const PassphraseBoxSchema = v.custom<PassphraseBox>((input) => {
  try {
    parsePassphraseBox(input);
    return true;
  } catch {
    return false;
  }
}, 'passphrase box');

export const KeystoreContent = v.strictObject({
  format: v.literal('emr-share-keystore'),
  /** 2: the keys were rotated, or are being rotated. */
  version: v.picklist([1, 2]),
  facts: KeystoreFacts,
  secrets: PassphraseBoxSchema,
});
export type KeystoreContent = v.InferOutput<typeof KeystoreContent>;

const SeedHex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'seed'));

/** What the box holds. The last two are of version 2. */
export const KeystoreSecrets = v.strictObject({
  seedHex: SeedHex,
  enrolmentKeyPem: pem('PRIVATE KEY'),
  /** Seeds that this one has replaced, the oldest first. */
  earlierSeedsHex: v.optional(v.array(SeedHex)),
  /** The seed of a rotation that has begun. */
  pendingSeedHex: v.optional(SeedHex),
});
export type KeystoreSecrets = v.InferOutput<typeof KeystoreSecrets>;

/** The oldest version that can say these secrets: a reader of that version understands the file. */
export function versionFor(secrets: KeystoreSecrets): KeystoreContent['version'] {
  const { earlierSeedsHex = [], pendingSeedHex } = secrets;
  return earlierSeedsHex.length === 0 && pendingSeedHex === undefined ? 1 : 2;
}

/**
 * What the box is bound to: everything but the certificate, which comes later and proves itself. So
 * the secrets of one user do not open under the name of another.
 */
export function boxContext(facts: KeystoreFacts, version: KeystoreContent['version']): Uint8Array {
  const { certificatePem: _certificatePem, ...bound } = facts;
  return canonicalBytes({ format: 'emr-share-keystore', version, ...bound });
}
