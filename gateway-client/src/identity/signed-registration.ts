import type { RegistrationBody, SignedRegistration } from '@emr-share/model';
import type { Keyring } from '../keyring.js';

/** A user's registration with the keyring's two public keys, signed by it: `registry:RegisterUser`. */
export function signedRegistration(
  keyring: Keyring,
  facts: Omit<RegistrationBody, 'verifyingKey' | 'readerKey'>,
): SignedRegistration {
  const { verifyingKeyHex: verifyingKey, readerKeyHex: readerKey } = keyring;
  const body = { ...facts, verifyingKey, readerKey };
  return { body, signature: keyring.sign('registration', body) };
}
