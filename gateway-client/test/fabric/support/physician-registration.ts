import { Keyring, signedRegistration } from '@emr-share/gateway-client';
import type { MspId, SignedRegistration } from '@emr-share/model';

/** A physician's registration, with keys that nobody keeps. */
export function physicianRegistration(mspId: MspId, userId: string): SignedRegistration {
  const facts = { userId, mspId, role: 'physician', registeredAt: Date.now() } as const;
  return signedRegistration(Keyring.random(), facts);
}
