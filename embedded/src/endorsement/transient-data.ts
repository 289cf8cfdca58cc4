/**
 * Secrets that go to the endorsers beside a proposal, bound to it by a salted hash.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { canonicalSha256 } from '../hash.js';

/** Transient fields with the salt of their hash. */
export interface TransientData {
  readonly saltHex: string;
  readonly fields: Readonly<Record<string, Uint8Array>>;
}

/** `undefined` where there is nothing to send. */
export function newTransientData(
  fields: Readonly<Record<string, Uint8Array>> | undefined,
): TransientData | undefined {
  return fields === undefined ? undefined : { saltHex: randomBytes(32).toString('hex'), fields };
}

/** The hash that stands in the proposal. The salt keeps short secrets from being guessed. */
export function transientSha256(data: TransientData): string {
  const entries = Object.entries(data.fields).map(
    ([name, bytes]) => [name, Buffer.from(bytes).toString('hex')] as const,
  );
  return canonicalSha256({ salt: data.saltHex, fields: Object.fromEntries(entries) });
}
