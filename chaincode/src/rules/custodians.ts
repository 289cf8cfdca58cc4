/**
 * Custodian keys: what fragments are sealed to, one for each organization, two while it changes.
 *
 * @module
 */
import { EmrError, type Custodian } from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { assertAdminOf, custodianOf } from '../facts.js';
import type { Rule } from '../invocation.js';
import { custodianKey, custodians } from '../ledger-keys.js';
import { assertPublicKey } from '../signed-facts.js';

export const publishCustodian: Rule<'registry:PublishCustodian'> = async (invocation, request) => {
  const { caller, state, now } = invocation;
  const { mspId, publicKey, generation } = request;
  assertAdminOf(caller, mspId, 'publish the key');
  assertPublicKey(publicKey, 'the custodian key');

  const current = await state.get(custodianKey(mspId));
  const reached = current?.generation ?? 0;
  if (current !== null && generation === reached && publicKey === current.publicKey) return current;
  if (generation !== reached + 1) {
    throw new EmrError('CUSTODIAN_STALE', { mspId, generation: reached });
  }
  const acceptedFrom = current?.acceptedFrom ?? generation;
  const custodian: Custodian = { mspId, publicKey, generation, acceptedFrom, publishedAt: now };
  await state.put(custodianKey(mspId), custodian);
  await writeAudit(invocation, { type: 'custodian.published' });
  return custodian;
};

/**
 * Ends the time in which grants may still name an earlier key. Every grant reads this fact, so one
 * that is ordered later and names an earlier key is invalid.
 */
export const retireCustodian: Rule<'registry:RetireCustodian'> = async (invocation, request) => {
  const { caller, state } = invocation;
  const { mspId, acceptedFrom } = request;
  assertAdminOf(caller, mspId, 'retire a key');
  const current = await custodianOf(state, mspId);
  if (acceptedFrom > current.generation) {
    throw new EmrError('CUSTODIAN_STALE', { mspId, generation: current.generation });
  }
  if (acceptedFrom <= current.acceptedFrom) return current;
  const custodian: Custodian = { ...current, acceptedFrom };
  await state.put(custodianKey(mspId), custodian);
  await writeAudit(invocation, { type: 'custodian.retired' });
  return custodian;
};

export const listCustodians: Rule<'registry:ListCustodians'> = async ({ state }) => ({
  custodians: (await state.list(custodians())).map(({ value }) => value),
});

export const getCustodianKey: Rule<'registry:GetCustodianKey'> = async (
  { service, state },
  request,
) => {
  const { mspId } = service;
  const held = service.custodians.generations;
  const newest = held.at(-1) ?? 0;
  const published = (await state.get(custodianKey(mspId)))?.generation ?? newest;
  const generation = request.generation ?? (held.includes(published) ? published : newest);
  const key = service.custodians.of(generation);
  if (key === undefined) throw new EmrError('CUSTODIAN_STALE', { mspId, generation: newest });
  const publicKey = Buffer.from(key.publicKey.toCompressedBytes()).toString('hex');
  return { mspId, publicKey, generation, held: [...held] };
};
