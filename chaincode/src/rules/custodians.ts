/**
 * Custodian keys: what fragments are sealed to, one for each organization.
 *
 * @module
 */
import { EmrError, type Caller, type Custodian, type MspId } from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import type { Rule } from '../invocation.js';
import { custodianKey, custodians } from '../ledger-keys.js';
import { assertPublicKey } from '../signed-facts.js';

export const publishCustodian: Rule<'registry:PublishCustodian'> = async (invocation, request) => {
  const { caller, state, now } = invocation;
  const { mspId, publicKey, generation } = request;
  assertAdminOf(caller, mspId);
  assertPublicKey(publicKey, 'the custodian key');

  const current = await state.get(custodianKey(mspId));
  const reached = current?.generation ?? 0;
  if (current !== null && generation === reached && publicKey === current.publicKey) return current;
  if (generation !== reached + 1) {
    throw new EmrError('CUSTODIAN_STALE', { mspId, generation: reached });
  }
  const custodian: Custodian = { mspId, publicKey, generation, publishedAt: now };
  await state.put(custodianKey(mspId), custodian);
  await writeAudit(invocation, { type: 'custodian.published' });
  return custodian;
};

export const listCustodians: Rule<'registry:ListCustodians'> = async ({ state }) => ({
  custodians: (await state.list(custodians())).map(({ value }) => value),
});

export const getCustodianKey: Rule<'registry:GetCustodianKey'> = ({ service }) =>
  Promise.resolve({
    mspId: service.mspId,
    publicKey: Buffer.from(service.custodian.publicKey.toCompressedBytes()).toString('hex'),
  });

function assertAdminOf({ role, mspId }: Caller, organization: MspId): void {
  if (role === 'admin' && mspId === organization) return;
  throw new EmrError('ROLE_DENIED', { role, action: `publish the key of ${organization}` });
}
