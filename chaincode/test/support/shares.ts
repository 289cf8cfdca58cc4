/** Audience grants as a patient makes them: drafted, shared and sealed. */
import { sealBox, shareSecretKey, type SecretKey, type SharedKey } from '@emr-share/crypto';
import {
  canonicalBytes,
  type AudienceBody,
  type AudienceRule,
  type AudienceScopeBody,
  type ShareDeposit,
  type SignedAudience,
  type SignedAudienceScope,
} from '@emr-share/model';
import { createHash } from 'node:crypto';
import type { Channel, Organization } from './channel.js';
import { hexOf, newId, type Person } from './person.js';

/** The sealed shares of one scope, for every custodian, with what the patient signs of them. */
export interface SharedScope {
  readonly scope: SignedAudienceScope;
  readonly sealed: Readonly<Record<string, string>>;
}

/** Ways in which a patient's shares can be wrong. */
export interface ShareOptions {
  /** The key that is shared; by default that of the scope. */
  readonly key?: SecretKey;
  /** By default a fresh sharing of the key. */
  readonly shared?: SharedKey;
  /** Which share each custodian gets; by default its own. */
  readonly order?: readonly number[];
  readonly context?: Readonly<Record<string, string>>;
  readonly changes?: Partial<AudienceScopeBody>;
  /** Of the custodian keys that the shares are sealed to; default 1. */
  readonly generation?: number;
}

const HOUR_MS = 3_600_000;

export const emergencyRule = (now: number, changes: Partial<AudienceRule> = {}): AudienceRule => ({
  kind: 'emergency',
  readers: { roles: ['emergency-physician'] },
  purposes: ['ETREAT', 'BTG'],
  approvals: 1,
  dutyServices: false,
  ticketMs: 2 * HOUR_MS,
  notBefore: now,
  notAfter: now + 365 * 24 * HOUR_MS,
  ...changes,
});

export const attributeRule = (now: number, changes: Partial<AudienceRule> = {}): AudienceRule => ({
  ...emergencyRule(now),
  kind: 'attributes',
  readers: { roles: ['physician'], mspIds: ['HospBMSP'], departments: ['cardiology'] },
  purposes: ['TREAT'],
  approvals: 0,
  ticketMs: HOUR_MS,
  notAfter: now + 24 * HOUR_MS,
  ...changes,
});

export function signedAudience(
  patient: Person,
  rule: AudienceRule,
  createdAt: number,
  changes: Partial<AudienceBody> = {},
): SignedAudience {
  return patient.sign('audience', {
    audienceId: newId(),
    patient: patient.userId,
    categories: ['prescription'],
    rule,
    threshold: 2,
    custodians: ['HospAMSP', 'HospBMSP', 'HospCMSP'],
    createdAt,
    ...changes,
  } satisfies AudienceBody);
}

/** Shares the key of one scope among the custodians of an audience grant. */
export function shareScope(
  patient: Person,
  channel: Channel,
  { body: { audienceId, threshold, custodians } }: SignedAudience,
  scopeId: string,
  options: ShareOptions = {},
): SharedScope {
  const key = options.key ?? patient.scopeKey(scopeId);
  const shape = { threshold, shares: custodians.length };
  const { commitments, shares } = options.shared ?? shareSecretKey(key, shape);
  const { generation = 1 } = options;
  const sealed = Object.fromEntries(
    custodians.map((mspId, i) => {
      const recipient = channel.custodians[mspId as Organization].secret(generation).publicKey();
      const context = canonicalBytes({ audienceId, mspId, scopeId, ...options.context });
      const share = shares[options.order?.[i] ?? i]!;
      return [mspId, hexOf(sealBox(recipient, share.toBytes(), { context }))];
    }),
  );
  const scope = patient.sign('audience-scope', {
    audienceId,
    scopeId,
    delegatingKey: hexOf(patient.scopeKey(scopeId).publicKey().toCompressedBytes()),
    commitments: hexOf(commitments.toBytes()),
    shares: custodians.map((mspId) => ({
      mspId,
      generation,
      sealedSha256: createHash('sha256').update(sealed[mspId]!, 'hex').digest('hex'),
    })),
    ...options.changes,
  } satisfies AudienceScopeBody);
  return { scope, sealed };
}

/** The transient data of a deposit at one organization. */
export function sharesFor(
  mspId: string,
  audience: SignedAudience,
  scopes: readonly SharedScope[],
): { shares: Uint8Array } {
  const deposit: ShareDeposit = {
    audience,
    shares: scopes.map(({ scope, sealed }) => ({ scope, sealed: sealed[mspId] ?? '' })),
  };
  return { shares: new TextEncoder().encode(JSON.stringify(deposit)) };
}
