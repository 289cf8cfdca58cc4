/**
 * From a ticket to the record's key: the patient's grant, the custodians' cfrags, the reader's key.
 *
 * @module
 */
import type { PublicKey } from '@emr-share/crypto';
import {
  EmrError,
  type AccessTicket,
  type Grant,
  type GrantScopeBody,
  type KeyWrap,
  type TransactionRecord,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { openingDek } from '../crypto-failure.js';
import { publicKeyOf } from '../key-history.js';
import { openWrap } from '../key-wrap.js';
import { collectCfrags } from './cfrags.js';
import { RecordKey } from './record-key.js';

interface GrantedScope {
  readonly grant: Grant;
  readonly scope: GrantScopeBody;
  /** The patient's, that signed the scope and its fragments. */
  readonly verifyingPk: PublicKey;
  /** The caller's, that the grant delegates to. */
  readonly readerPk: PublicKey;
}

/** The grant behind a ticket, with the patient's signatures on the terms and the scope checked. */
async function grantedScope(
  { ledger, directory, keyring }: ClientContext,
  ticket: AccessTicket,
  signal: AbortSignal,
): Promise<GrantedScope> {
  const { grantId, scopeId } = ticket;
  const { patient } = ticket;
  const [grant] = await Promise.all([
    ledger.evaluate('grants:GetGrant', { grantId }, { signal }),
    directory.keys(patient, signal),
  ]);
  const { createdAt, delegateeKey } = grant.body;
  const when = { around: createdAt };
  await directory.signer(patient, { tag: 'grant', signed: grant, when, what: 'grant' }, signal);
  const scope = grant.scopes.find(({ body }) => body.scopeId === scopeId);
  if (grant.body.grantId !== grantId || scope?.body.grantId !== grantId) {
    throw new EmrError('SIGNATURE_INVALID', { what: 'grant' });
  }
  const part = { tag: 'grant-scope', signed: scope, what: 'grant scope' } as const;
  // It says no time of its own; the fragments are signed with the same key.
  const verifyingPk = await directory.signer(
    patient,
    { ...part, when: { since: createdAt } },
    signal,
  );
  const readerPk = keyring.ownReaderPk(delegateeKey);
  if (readerPk === null) throw new EmrError('DEK_UNREADABLE', { recordId: ticket.recordId });
  return { grant, scope: scope.body, verifyingPk, readerPk };
}

/** The key wrap for the ticket's scope: the author's own, or the one the patient made later. */
async function keyWrapOf(
  { ledger, directory }: ClientContext,
  record: TransactionRecord,
  { recordId, scopeId, patient }: AccessTicket,
  signal: AbortSignal,
): Promise<KeyWrap> {
  const { keyWrap } = record.metadata;
  if (keyWrap.scopeId === scopeId) return keyWrap;
  const wrap = await ledger.evaluate('records:GetWrap', { recordId, scopeId }, { signal });
  const { body } = wrap;
  if (body.recordId !== recordId || body.keyWrap.scopeId !== scopeId) {
    throw new EmrError('SIGNATURE_INVALID', { what: 'key wrap' });
  }
  const when = { since: record.timestamp };
  await directory.signer(patient, { tag: 'wrap', signed: wrap, when, what: 'key wrap' }, signal);
  return body.keyWrap;
}

/** See `Access.open`. */
export async function openTicket(
  context: ClientContext,
  record: TransactionRecord,
  ticket: AccessTicket,
  signal: AbortSignal,
): Promise<RecordKey> {
  const [{ grant, scope, verifyingPk, readerPk }, keyWrap] = await Promise.all([
    grantedScope(context, ticket, signal),
    keyWrapOf(context, record, ticket, signal),
  ]);
  const delegatingPk = publicKeyOf(scope.delegatingKey, 'the delegating key');
  const { capsule, encryptedDek } = openWrap(keyWrap);
  const cfrags = await collectCfrags(
    context,
    {
      ticket,
      custodians: grant.body.custodians,
      threshold: grant.body.threshold,
      verify: (cfrag) => cfrag.verify(capsule, verifyingPk, delegatingPk, readerPk),
    },
    signal,
  );
  const dek = openingDek(record.recordId, () =>
    context.keyring.openReencrypted({
      delegatingPk,
      capsule,
      cfrags,
      encryptedDek,
      readerKeyHex: grant.body.delegateeKey,
    }),
  );
  return new RecordKey(record, dek);
}
