/**
 * Names in certificates. See docs/protocol.md §10.
 *
 * @module
 */
import type { MspId } from '@emr-share/model';
import type { JsonName } from './x509.js';

export function authorityName(mspId: MspId): JsonName {
  return [{ CN: [`ca.${mspId}`] }, { O: [mspId] }];
}

/** `unit` is `client` or `peer`, as Fabric's node OUs tell them apart. */
export function memberName(commonName: string, unit: 'client' | 'peer', mspId: MspId): JsonName {
  return [{ CN: [commonName] }, { OU: [unit] }, { O: [mspId] }];
}
