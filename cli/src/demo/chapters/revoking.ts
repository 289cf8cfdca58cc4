/**
 * Chapter 8: grants end, by themselves and by the patient's word.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Capsule } from '@emr-share/crypto';
import type { Grant, RevocationReceipt } from '@emr-share/model';
import { collect } from '../../data/collect.js';
import { elapsed } from '../../output/local-time.js';
import { read } from '../reading.js';
import { firstOf, demand } from '../demand.js';
import type { Chapter, Story } from '../story.js';

/** At least this long, and several times what granting and reading take on this machine. */
const SHORT_GRANT_MS = 3000;
const SHORT_GRANT_FACTOR = 4;

async function grantBriefly(story: Story): Promise<Grant> {
  const { cast, filed, pace, signal } = story;
  const { record } = firstOf(filed, 'record');
  const durationMs = Math.max(SHORT_GRANT_MS, SHORT_GRANT_FACTOR * pace.grantMs);
  return cast.patient.client.grants.create({
    grantee: cast.consultant.userId,
    recordId: record.recordId,
    purposes: ['TREAT'],
    durationMs,
    signal,
  });
}

async function expiry(story: Story): Promise<void> {
  const { cast, filed, steps, signal } = story;
  const { record, file } = firstOf(filed, 'record');
  const { body } = await steps.ok(
    `grants ${cast.consultant.name} one record for a few seconds`,
    cast.patient.name,
    async () => {
      const grant = await grantBriefly(story);
      const { notBefore, notAfter } = grant.body.rule;
      return { value: grant, proof: `${file.name}, for ${elapsed(notAfter - notBefore)}.` };
    },
  );
  await steps.ok(`reads ${file.name} in time`, cast.consultant.name, async () => {
    const sha256 = await read(story, cast.consultant, record.recordId);
    demand(sha256 === firstOf(filed, 'record').plaintextSha256, 'the consultant got other bytes');
    return { value: undefined, proof: 'Byte-identical.' };
  });
  await sleep(Math.max(0, body.rule.notAfter - Date.now()) + 50, undefined, { signal });
  await steps.denied(
    {
      name: `asks for ${file.name} after the time is up`,
      actor: cast.consultant.name,
      code: 'GRANT_EXPIRED',
      proof:
        'The grant ended by itself. Hospitals go by their own clocks too: a backdated request gets no answer.',
    },
    () => read(story, cast.consultant, record.recordId),
  );
}

async function revocation(story: Story): Promise<RevocationReceipt> {
  const { backend, cast, steps, signal } = story;
  const { client, name } = cast.patient;
  const receipt = await steps.ok(`revokes the grant of ${cast.physician.name}`, name, async () => {
    const grants = await collect(client.grants.list({ as: 'patient', signal }));
    const grant = grants.find(({ body }) => body.rule.grantee === cast.physician.userId);
    demand(grant !== undefined, 'there is no grant to revoke');
    const value = await client.grants.revoke(grant.body.grantId, { signal });
    const scopes = grant.scopes.length;
    const purgedAt = value.purged.filter(({ scopes: purged }) => purged.length === scopes);
    demand(
      purgedAt.length === backend.organizations.length,
      'the receipt does not show the fragments purged at every organization',
    );
    return {
      value,
      proof: `Receipt on the ledger: ${purgedAt.map(({ mspId }) => `${mspId} purged ${String(scopes)} of ${String(scopes)} fragments`).join(', ')}. New records get new keys.`,
    };
  });
  return receipt;
}

/** What somebody can do with the ledger, the store and own keys, but without custodians. */
function openWithoutCustodians({ cast, filed }: Story): Promise<Uint8Array> {
  const { scopeId, capsule, encryptedDek } = firstOf(filed, 'record').record.metadata.keyWrap;
  const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
  const { keyring } = cast.physician;
  return Promise.resolve(
    keyring.openOwn(scopeId, Capsule.fromBytesSimple(bytes(capsule)), bytes(encryptedDek)),
  );
}

export const revokingChapter: Chapter = async (story) => {
  const { cast, filed, steps } = story;
  const { record, file } = firstOf(filed, 'record');
  await expiry(story);
  await revocation(story);
  await steps.denied(
    {
      name: `asks for ${file.name} again`,
      actor: cast.physician.name,
      code: 'GRANT_REVOKED',
      proof: 'From the revocation on, no hospital answers. What was read before cannot be unread.',
    },
    () => read(story, cast.physician, record.recordId),
  );
  await steps.denied(
    {
      name: `tries the ciphertext and capsule of ${file.name} with own keys alone`,
      actor: cast.physician.name,
      code: 'DECRYPTION_FAILED',
      proof:
        'Ledger and store are open to every hospital; without the fragments they open nothing.',
    },
    async () => openWithoutCustodians(story),
  );
};
