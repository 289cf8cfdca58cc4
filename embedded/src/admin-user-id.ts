/**
 * The user ID of an organization's admin.
 *
 * @module
 */
import type { MspId, UserId } from '@emr-share/model';

/** `HospAMSP` → `admin.hospa`. */
export function adminUserId(mspId: MspId): UserId {
  const name = mspId
    .toLowerCase()
    .replace(/msp$/, '')
    .replace(/[.-]+$/, '');
  return `admin.${name === '' ? 'msp' : name}`;
}
