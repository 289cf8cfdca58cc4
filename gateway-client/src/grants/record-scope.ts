/**
 * Granting one record: its own scope, and one more door to its DEK.
 *
 * @module
 */
import { recordScopeId, type RecordId, type WrapBody } from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { openingDek } from '../crypto-failure.js';
import { publicKeyOf } from '../key-history.js';
import { assertOwnKey, publishScopes, type OwnScope } from '../identity/scopes.js';
import { openWrap, wrapDek } from '../key-wrap.js';
import { verifiedRecord } from '../records/verified-record.js';
import { find, submitSettled } from '../settle.js';

/** Publishes a record's own scope and wraps its DEK for it, unless that is done. */
export async function ensureRecordScope(
  context: ClientContext,
  recordId: RecordId,
  signal: AbortSignal,
): Promise<OwnScope> {
  const scopeId = recordScopeId(context.userId, recordId);
  const published = await context.directory.findScope(scopeId, signal);
  if (published === null) await publishScopes(context, [scopeId], signal);
  else assertOwnKey(context, published);
  const delegatingKey = published?.delegatingKey ?? context.keyring.scopeKeyHex(scopeId);
  await ensureWrap(context, recordId, { scopeId, delegatingKey }, signal);
  return { scopeId, delegatingKey };
}

async function ensureWrap(
  context: ClientContext,
  recordId: RecordId,
  { scopeId, delegatingKey }: OwnScope,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, keyring, rng, userId: patient } = context;
  const request = { recordId, scopeId };
  const recall = (): ReturnType<typeof ledger.evaluate<'records:GetWrap'>> =>
    ledger.evaluate('records:GetWrap', request, { signal });
  if ((await find('WRAP_NOT_FOUND', recall)) !== null) return;

  const { metadata } = await verifiedRecord(context, recordId, signal);
  const { capsule, encryptedDek } = openWrap(metadata.keyWrap);
  const dek = openingDek(recordId, () =>
    keyring.openOwn(metadata.keyWrap.scopeId, capsule, encryptedDek),
  );
  const delegatingPk = publicKeyOf(delegatingKey, 'the delegating key');
  const body: WrapBody = {
    recordId,
    patient,
    keyWrap: wrapDek(dek, { scopeId, delegatingPk }, rng),
  };
  const signature = keyring.sign('wrap', body);
  await submitSettled(
    ledger,
    'records:WrapRecord',
    { body, signature },
    { signal, recall, missing: 'WRAP_NOT_FOUND' },
  );
}
