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
import { publicKeyOf } from '../directory.js';
import { openWrap } from '../key-wrap.js';
import { assertSigned } from '../signed.js';
import { collectCfrags } from './cfrags.js';
import { RecordKey } from './record-key.js';

/** The grant behind a ticket, with the patient's signatures on the terms and the scope checked. */
async function grantedScope(
  { ledger, directory, keyring }: ClientContext,
  ticket: AccessTicket,
  signal: AbortSignal,
): Promise<{ grant: Grant; scope: GrantScopeBody; verifyingPk: PublicKey }> {
  const { grantId, scopeId } = ticket;
  const [grant, { verifyingPk }] = await Promise.all([
    ledger.evaluate('grants:GetGrant', { grantId }, { signal }),
    directory.keys(ticket.patient, signal),
  ]);
  assertSigned('grant', grant, verifyingPk, 'grant');
  const scope = grant.scopes.find(({ body }) => body.scopeId === scopeId);
  if (grant.body.grantId !== grantId || scope?.body.grantId !== grantId) {
    throw new EmrError('SIGNATURE_INVALID', { what: 'grant' });
  }
  assertSigned('grant-scope', scope, verifyingPk, 'grant scope');
  if (grant.body.delegateeKey !== keyring.readerKeyHex) {
    throw new EmrError('DEK_UNREADABLE', { recordId: ticket.recordId });
  }
  return { grant, scope: scope.body, verifyingPk };
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
  const [wrap, { verifyingPk }] = await Promise.all([
    ledger.evaluate('records:GetWrap', { recordId, scopeId }, { signal }),
    directory.keys(patient, signal),
  ]);
  const { body } = wrap;
  if (body.recordId !== recordId || body.keyWrap.scopeId !== scopeId) {
    throw new EmrError('SIGNATURE_INVALID', { what: 'key wrap' });
  }
  assertSigned('wrap', wrap, verifyingPk, 'key wrap');
  return body.keyWrap;
}

/** See `Access.open`. */
export async function openTicket(
  context: ClientContext,
  record: TransactionRecord,
  ticket: AccessTicket,
  signal: AbortSignal,
): Promise<RecordKey> {
  const [{ grant, scope, verifyingPk }, keyWrap] = await Promise.all([
    grantedScope(context, ticket, signal),
    keyWrapOf(context, record, ticket, signal),
  ]);
  const delegatingPk = publicKeyOf(scope.delegatingKey, 'the delegating key');
  const { capsule, encryptedDek } = openWrap(keyWrap);
  const { readerPk } = context.keyring;
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
    context.keyring.openReencrypted({ delegatingPk, capsule, cfrags, encryptedDek }),
  );
  return new RecordKey(record, dek);
}
