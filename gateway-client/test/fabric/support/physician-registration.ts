import { Keyring } from '@emr-share/gateway-client';
import type { MspId, SignedRegistration } from '@emr-share/model';

/** A physician's registration, with keys that nobody keeps. */
export function physicianRegistration(mspId: MspId, userId: string): SignedRegistration {
  const keyring = Keyring.random();
  const body = {
    userId,
    mspId,
    role: 'physician' as const,
    verifyingKey: keyring.verifyingKeyHex,
    readerKey: keyring.readerKeyHex,
    registeredAt: Date.now(),
  };
  return { body, signature: keyring.sign('registration', body) };
}
