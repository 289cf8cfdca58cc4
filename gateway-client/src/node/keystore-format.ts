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
  version: v.literal(1),
  facts: KeystoreFacts,
  secrets: PassphraseBoxSchema,
});
export type KeystoreContent = v.InferOutput<typeof KeystoreContent>;

/** What the box holds. */
export const KeystoreSecrets = v.strictObject({
  seedHex: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'seed')),
  enrolmentKeyPem: pem('PRIVATE KEY'),
});
export type KeystoreSecrets = v.InferOutput<typeof KeystoreSecrets>;

/**
 * What the box is bound to: everything but the certificate, which comes later and proves itself. So
 * the secrets of one user do not open under the name of another.
 */
export function boxContext(facts: KeystoreFacts): Uint8Array {
  const { certificatePem: _certificatePem, ...bound } = facts;
  return canonicalBytes({ format: 'emr-share-keystore', version: 1, ...bound });
}
