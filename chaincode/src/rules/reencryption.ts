/**
 * The custodian's part: one cfrag for the reader of a committed ticket.
 *
 * @module
 */
import { reencrypt as reencryptCapsule, type VerifiedKeyFrag } from '@emr-share/crypto';
import { canonicalBytes, EmrError, type AccessTicket, type Grant } from '@emr-share/model';
import { currentPolicy, recordOf } from '../facts.js';
import { openStored, type OpenedSecret } from '../custody-terms.js';
import { fragmentTerms } from '../fragments.js';
import { grantFor } from '../granted.js';
import { sha256Hex } from '../hash.js';
import type { Invocation, Rule } from '../invocation.js';
import { signingKeyOf } from '../key-history.js';
import type { FragmentPlace } from '../sealed-store.js';
import { capsuleOf } from '../signed-facts.js';
import { capsuleHexOf, decide, ticketOf } from './access.js';

/**
 * Checks everything again, on this organization's own state and clock: nothing that another
 * organization says can make this one answer. The fragment itself is never returned.
 */
export const reencrypt: Rule<'access:Reencrypt'> = async (invocation, { ticketId }) => {
  const { state, service } = invocation;
  const { mspId } = service;
  const ticket = await ticketOf(state, ticketId);
  const current = { ...invocation, now: Math.max(invocation.now, service.clock.now()) };
  assertUsable(ticket, current);

  const record = await recordOf(state, ticket.recordId);
  const grant = await grantFor(state, ticket.grantId, record);
  const policy = await currentPolicy(state, record.patient);
  const decision = decide(current, { record, grant, policy, purpose: ticket.purpose });
  if (!decision.permitted) throw decision.error;

  const { grantId, scopeId } = ticket;
  const capsuleHex = await capsuleHexOf(state, record, scopeId);
  const place = { mspId, grantId, scopeId };
  const { stored, secret, custodian } = await ownFragment(current, grant, place);
  const inputs = { ticketId, mspId, capsule: capsuleHex, fragment: sha256Hex(stored) };
  const rng = custodian.proofRng(canonicalBytes(inputs));
  const cfrag = reencryptCapsule(capsuleOf(capsuleHex), secret, { rng });
  return { mspId, ticketId, cfrag: Buffer.from(cfrag.toBytesSimple()).toString('hex') };
};

/** @throws EmrError `TICKET_MISMATCH`, `TICKET_EXPIRED`. */
function assertUsable(
  { ticketId, reader, expiresAt }: AccessTicket,
  { caller, now }: Pick<Invocation, 'caller' | 'now'>,
): void {
  if (caller.userId !== reader) throw new EmrError('TICKET_MISMATCH', { ticketId });
  if (now >= expiresAt) throw new EmrError('TICKET_EXPIRED', { ticketId, expiresAt });
}

async function ownFragment(
  { state, sealed, service }: Invocation,
  grant: Grant,
  place: FragmentPlace,
): Promise<OpenedSecret<VerifiedKeyFrag> & { readonly stored: Uint8Array }> {
  const scope = grant.scopes.find(({ body }) => body.scopeId === place.scopeId);
  const stored = await sealed.get(place);
  if (scope === undefined || stored === null) {
    throw new EmrError('FRAGMENT_MISSING', { ...place });
  }
  const signedWith = await signingKeyOf(state, grant.body.patient, 'grant-scope', scope);
  const terms = fragmentTerms({
    place,
    grant: grant.body,
    scope: scope.body,
    verifyingKeyHex: signedWith,
  });
  return { stored, ...openStored(stored, terms, service.custodians) };
}
