/**
 * Recovery plans as the patient signed them, whoever passed them on.
 *
 * @module
 */
import { EmrError, type SignedRecoveryPlan, type UserId } from '@emr-share/model';
import type { Directory } from '../directory.js';
import type { Ledger } from '../ports/ledger.js';

/** Reads a patient's plan in force. Throws `RECOVERY_PLAN_NOT_FOUND`, `SIGNATURE_INVALID`. */
export async function verifiedPlan(
  { ledger, directory }: { readonly ledger: Ledger; readonly directory: Directory },
  patient: UserId,
  signal: AbortSignal,
): Promise<SignedRecoveryPlan> {
  const [plan] = await Promise.all([
    ledger.evaluate('recovery:GetPlan', { patient }, { signal }),
    directory.keys(patient, signal),
  ]);
  if (plan.body.patient !== patient) {
    throw new EmrError('SIGNATURE_INVALID', { what: 'recovery plan' });
  }
  const when = { around: plan.body.createdAt };
  const fact = { tag: 'recovery-plan', signed: plan, when, what: 'recovery plan' } as const;
  await directory.signer(patient, fact, signal);
  return plan;
}
