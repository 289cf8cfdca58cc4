/**
 * A patient's standing policy, version after version.
 *
 * @module
 */
import { EmrError, type SignedPolicy } from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { assertWithinSkew } from '../clock-skew.js';
import { patientSelf, sameFact } from '../facts.js';
import type { Rule } from '../invocation.js';
import { policyHeadKey, policyKey } from '../ledger-keys.js';
import { assertSigned } from '../signed-facts.js';

export const publishPolicy: Rule<'registry:PublishPolicy'> = async (invocation, policy) => {
  const { state, now } = invocation;
  const { patient, version, publishedAt } = policy.body;
  const self = await patientSelf(invocation, patient, 'publish an access policy');
  assertSigned('policy', policy, self.verifyingKey);

  const existing = await state.get(policyKey(patient, version));
  if (existing !== null && sameFact(existing.body, policy.body)) return existing;
  const head = (await state.get(policyHeadKey(patient)))?.version ?? 0;
  if (version !== head + 1) throw new EmrError('POLICY_STALE', { patient, version: head });

  assertWithinSkew(publishedAt, now);
  await state.put(policyKey(patient, version), policy);
  await state.put(policyHeadKey(patient), { version });
  await writeAudit(invocation, { type: 'policy.published', patient });
  return policy;
};

export const getPolicy: Rule<'registry:GetPolicy'> = async (
  { state },
  request,
): Promise<SignedPolicy> => {
  const { patient } = request;
  const version = request.version ?? (await state.get(policyHeadKey(patient)))?.version;
  const policy = version === undefined ? null : await state.get(policyKey(patient, version));
  if (policy === null) throw new EmrError('POLICY_NOT_FOUND', { patient });
  return policy;
};
