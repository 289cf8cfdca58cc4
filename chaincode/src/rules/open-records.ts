/**
 * The custodian's part: partial decryptions for the reader of an open ticket.
 *
 * @module
 */
import { Partial, type KeyShare } from '@emr-share/crypto';
import {
  canonicalBytes,
  EmrError,
  type AudienceScopeBody,
  type AudienceTicket,
  type MspId,
  type ScopeId,
  type TicketId,
  type TransactionRecord,
} from '@emr-share/model';
import { assertOpen, audienceTicketOf } from '../audience-tickets.js';
import { storedAudience } from '../audiences.js';
import type { OpenedSecret } from '../custody-terms.js';
import { recordOf } from '../facts.js';
import { sha256Hex } from '../hash.js';
import type { Invocation, Rule } from '../invocation.js';
import { audienceScopeKey, recordsOf, type StoredAudience } from '../ledger-keys.js';
import { openOwnShare, sharingInForce } from '../sharings.js';
import { capsuleOf, publicKeyOf } from '../signed-facts.js';
import { assertLetsIn } from './audience-tickets.js';

/** A ticket that opens records now, with its audience grant. */
interface OpenTicket {
  readonly ticket: AudienceTicket;
  readonly audience: StoredAudience;
}

/** This organization's share of a scope, and the hash of what it rests in. */
interface OwnShare extends OpenedSecret<KeyShare> {
  readonly storedSha256: string;
}

/** The sharing that the reader knows of; 0: the patient's own. */
const PATIENTS_OWN = 0;

/**
 * Checks everything again, on this organization's own state and clock: nothing that another
 * organization says can make this one answer. The share itself is never returned.
 */
export const openRecords: Rule<'audience:OpenRecords'> = async (invocation, request) => {
  const { state, service } = invocation;
  const { mspId } = service;
  const { ticketId, recordIds, roster = PATIENTS_OWN } = request;
  const open = await openTicket(invocation, ticketId);
  const shares = new Map<ScopeId, OwnShare>();
  const partials: { recordId: string; sealed: string }[] = [];
  for (const recordId of recordIds) {
    const record = await recordOf(state, recordId);
    const scope = await scopeOfRecord(invocation, open.audience, record);
    const known = shares.get(scope.scopeId);
    const share = known ?? (await ownShare(invocation, open.audience, scope, roster));
    shares.set(scope.scopeId, share);
    partials.push({ recordId, sealed: sealedPartial(share, mspId, open.ticket, record) });
  }
  return { mspId, ticketId, partials };
};

export const listOpenRecords: Rule<'audience:ListRecords'> = async (invocation, request) => {
  const { state } = invocation;
  const { ticketId, category } = request;
  const { ticket, audience } = await openTicket(invocation, ticketId);
  const { entries, bookmark } = await state.page(recordsOf(ticket.patient), request);
  const records: TransactionRecord[] = [];
  for (const { parts } of entries) {
    const record = await recordOf(state, parts.at(-1) ?? '');
    const wanted = (category ?? record.info.category) === record.info.category;
    if (wanted && (await coveringScope(invocation, audience, record)) !== null) {
      records.push(record);
    }
  }
  return { records, ...(bookmark === undefined ? {} : { bookmark }) };
};

/**
 * The caller's ticket, open by the later of the transaction's time and this organization's clock, of
 * an audience grant that still lets the caller in.
 */
async function openTicket(invocation: Invocation, ticketId: TicketId): Promise<OpenTicket> {
  const { state, service } = invocation;
  const current = { ...invocation, now: Math.max(invocation.now, service.clock.now()) };
  const ticket = await audienceTicketOf(state, ticketId);
  assertOpen(ticket, current);
  const audience = await storedAudience(state, ticket.audienceId);
  await assertLetsIn(current, audience, ticket.purpose);
  return { ticket, audience };
}

/** The scope of the audience grant that opens a record; `null` where it covers it by none. */
async function coveringScope(
  { state }: Invocation,
  { body }: StoredAudience,
  { patient, metadata }: TransactionRecord,
): Promise<AudienceScopeBody | null> {
  const { scopeId } = metadata.keyWrap;
  const scope = await state.get(audienceScopeKey(body.audienceId, scopeId));
  return scope !== null && patient === body.patient ? scope.body : null;
}

async function scopeOfRecord(
  invocation: Invocation,
  audience: StoredAudience,
  record: TransactionRecord,
): Promise<AudienceScopeBody> {
  const scope = await coveringScope(invocation, audience, record);
  if (scope !== null) return scope;
  const { audienceId } = audience.body;
  throw new EmrError('AUDIENCE_SCOPE_MISSING', { audienceId, recordId: record.recordId });
}

/**
 * The share of the sharing in force, which must be the one that the reader knows of: the answer could
 * not be checked by another one.
 *
 * @throws EmrError `SHARING_REPLACED`, `SHARING_UNKNOWN`, `SHARE_MISSING`, `SHARE_INVALID`,
 *   `CUSTODIAN_STALE`.
 */
async function ownShare(
  invocation: Invocation,
  { body: audience }: StoredAudience,
  scope: AudienceScopeBody,
  roster: number,
): Promise<OwnShare> {
  const { audienceId } = scope;
  const sharing = await sharingInForce(invocation.state, audience, scope);
  if (sharing.roster > roster) {
    throw new EmrError('SHARING_REPLACED', { audienceId, roster: sharing.roster });
  }
  if (sharing.roster < roster) throw new EmrError('SHARING_UNKNOWN', { audienceId, roster });
  const { stored, ...opened } = await openOwnShare(invocation, sharing);
  return { ...opened, storedSha256: sha256Hex(stored) };
}

/** The same bytes from every peer of the organization: proof and box draw from the custodian key. */
function sealedPartial(
  { secret, custodian, storedSha256 }: OwnShare,
  mspId: MspId,
  { ticketId, readerKey }: AudienceTicket,
  { recordId, metadata }: TransactionRecord,
): string {
  const { capsule } = metadata.keyWrap;
  const occasion = canonicalBytes({ ticketId, recordId });
  const inputs = { ticketId, recordId, mspId, capsule, share: storedSha256 };
  const rng = custodian.proofRng(canonicalBytes(inputs));
  const partial = Partial.compute(secret, capsuleOf(capsule), occasion, { rng });
  const context = canonicalBytes({ mspId, recordId, ticketId });
  const box = custodian.seal(partial.toBytes(), context, publicKeyOf(readerKey));
  return Buffer.from(box).toString('hex');
}
