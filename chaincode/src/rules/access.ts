/**
 * Access tickets: the decision, made by every endorser, and its trace on the ledger.
 *
 * @module
 */
import {
  decideAccess,
  EmrError,
  type AccessDecision,
  type AccessTicket,
  type ErrorCode,
  type Grant,
  type PolicyBody,
  type PurposeOfUse,
  type TransactionRecord,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { currentPolicy, recordOf } from '../facts.js';
import { grantFor } from '../granted.js';
import type { Invocation, Rule } from '../invocation.js';
import { grantsTo, ticketKey } from '../ledger-keys.js';
import type { WorldState } from '../world-state.js';
import { wrapOf } from './wraps.js';

/** When several grants fail, the reason that says most about what to do comes first. */
const CLOSEST_MISS: readonly ErrorCode[] = [
  'PURPOSE_DENIED',
  'ATTRIBUTE_DENIED',
  'GRANT_NOT_YET_VALID',
  'GRANT_EXPIRED',
  'GRANT_REVOKED',
  'SCOPE_NOT_GRANTED',
  'ACCESS_DENIED',
];

export const findGrant: Rule<'access:FindGrant'> = async (invocation, { recordId, purpose }) => {
  const { caller, state } = invocation;
  const record = await recordOf(state, recordId);
  const entries = await state.list(grantsTo(caller.userId, record.patient));
  let best: { readonly grant: Grant; readonly scopeId: string } | null = null;
  let miss = new EmrError('ACCESS_DENIED', { recordId }) as EmrError;
  const policy = await currentPolicy(state, record.patient);
  for (const { parts } of entries) {
    const grant = await grantFor(state, parts.at(-1) ?? '', record);
    const decision = decide(invocation, { record, grant, policy, purpose });
    if (!decision.permitted) {
      miss = closer(miss, decision.error);
    } else if (best === null || outlasts(grant, best.grant)) {
      best = { grant, scopeId: decision.scopeId };
    }
  }
  if (best === null) throw miss;
  const { grantId, coverage } = best.grant.body;
  return { grantId, scopeId: best.scopeId, coverage };
};

export const requestAccess: Rule<'access:RequestAccess'> = async (invocation, request) => {
  const { caller, state, now } = invocation;
  const { ticketId, grantId, recordId, purpose } = request;
  const existing = await state.get(ticketKey(ticketId));
  if (existing !== null) return sameTicket(existing, { ...request, reader: caller.userId });

  const record = await recordOf(state, recordId);
  const grant = await grantFor(state, grantId, record);
  const policy = await currentPolicy(state, record.patient);
  const decision = decide(invocation, { record, grant, policy, purpose });
  if (!decision.permitted) throw decision.error;
  const { scopeId } = decision;
  await capsuleHexOf(state, record, scopeId);

  const ticket: AccessTicket = {
    ticketId,
    grantId,
    recordId,
    scopeId,
    patient: record.patient,
    reader: caller.userId,
    purpose,
    issuedAt: now,
    expiresAt: Math.min(now + policy.ticketMs, grant.body.rule.notAfter),
  };
  await state.put(ticketKey(ticketId), ticket);
  const { patient, reader: subject } = ticket;
  await writeAudit(invocation, {
    type: 'access.granted',
    patient,
    subject,
    recordId,
    grantId,
    ticketId,
    purpose,
  });
  return ticket;
};

export const getTicket: Rule<'access:GetTicket'> = async ({ caller, state }, { ticketId }) => {
  const ticket = await ticketOf(state, ticketId);
  const parties = [ticket.reader, ticket.patient];
  if (parties.includes(caller.userId) || caller.role === 'auditor') return ticket;
  throw new EmrError('TICKET_MISMATCH', { ticketId });
};

/** @throws EmrError `TICKET_NOT_FOUND`. */
export async function ticketOf(state: WorldState, ticketId: string): Promise<AccessTicket> {
  const ticket = await state.get(ticketKey(ticketId));
  if (ticket === null) throw new EmrError('TICKET_NOT_FOUND', { ticketId });
  return ticket;
}

/** The capsule that a scope opens a record by: the record's own, or that of a wrap. */
export async function capsuleHexOf(
  state: WorldState,
  record: TransactionRecord,
  scopeId: string,
): Promise<string> {
  const { keyWrap } = record.metadata;
  if (keyWrap.scopeId === scopeId) return keyWrap.capsule;
  return (await wrapOf(state, record.recordId, scopeId)).body.keyWrap.capsule;
}

interface Matter {
  readonly record: TransactionRecord;
  readonly grant: Grant;
  readonly policy: PolicyBody;
  readonly purpose: PurposeOfUse;
}

/** The decision on the caller, at the time of the transaction. */
export function decide(
  { caller, now }: Pick<Invocation, 'caller' | 'now'>,
  matter: Matter,
): AccessDecision {
  return decideAccess({ ...matter, caller, now });
}

const outlasts = (a: Grant, b: Grant): boolean => a.body.rule.notAfter > b.body.rule.notAfter;

function closer(a: EmrError, b: EmrError): EmrError {
  return CLOSEST_MISS.indexOf(b.code) < CLOSEST_MISS.indexOf(a.code) ? b : a;
}

function sameTicket(
  existing: AccessTicket,
  asked: Pick<AccessTicket, 'ticketId' | 'grantId' | 'recordId' | 'purpose' | 'reader'>,
): AccessTicket {
  const fields = ['grantId', 'recordId', 'purpose', 'reader'] as const;
  if (fields.every((field) => existing[field] === asked[field])) return existing;
  throw new EmrError('TICKET_EXISTS', { ticketId: asked.ticketId });
}
