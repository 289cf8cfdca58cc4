/**
 * Key wraps for record scopes: the patient's own second door to a record's DEK.
 *
 * @module
 */
import { EmrError, recordScopeId, type SignedWrap, type WrapBody } from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { patientSelf, recordOf, sameFact, scopeOf } from '../facts.js';
import type { Rule } from '../invocation.js';
import { wrapKey } from '../ledger-keys.js';
import { assertCapsule, assertSigned } from '../signed-facts.js';
import type { WorldState } from '../world-state.js';
import { assertMaySee } from './record-queries.js';

export const wrapRecord: Rule<'records:WrapRecord'> = async (invocation, wrap) => {
  const { state } = invocation;
  const { recordId, patient, keyWrap } = wrap.body;
  const self = await patientSelf(invocation, patient, 'wrap record keys');
  assertSigned('wrap', wrap, self.verifyingKey);
  const record = await recordOf(state, recordId);
  if (record.patient !== patient) throw new EmrError('ACCESS_DENIED', { recordId });
  assertRecordScope(wrap.body);

  const { scopeId } = keyWrap;
  const existing = await state.get(wrapKey(recordId, scopeId));
  if (existing !== null) {
    if (sameFact(existing.body, wrap.body)) return existing;
    throw new EmrError('WRAP_EXISTS', { recordId, scopeId });
  }
  await scopeOf(state, scopeId);
  assertCapsule(keyWrap.capsule, 'the capsule');
  await state.put(wrapKey(recordId, scopeId), wrap);
  await writeAudit(invocation, { type: 'record.wrapped', patient, recordId });
  return wrap;
};

export const getWrap: Rule<'records:GetWrap'> = async (invocation, { recordId, scopeId }) => {
  await assertMaySee(invocation, await recordOf(invocation.state, recordId));
  return wrapOf(invocation.state, recordId, scopeId);
};

/** @throws EmrError `WRAP_NOT_FOUND`. */
export async function wrapOf(
  state: WorldState,
  recordId: string,
  scopeId: string,
): Promise<SignedWrap> {
  const wrap = await state.get(wrapKey(recordId, scopeId));
  if (wrap === null) throw new EmrError('WRAP_NOT_FOUND', { recordId, scopeId });
  return wrap;
}

function assertRecordScope({ patient, recordId, keyWrap }: WrapBody): void {
  if (keyWrap.scopeId === recordScopeId(patient, recordId)) return;
  throw new EmrError('INPUT_INVALID', {
    what: 'the key wrap',
    problem: 'its scope is not that of the record',
  });
}
