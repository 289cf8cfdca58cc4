/**
 * Ending a recovery by the patient's signature.
 *
 * @module
 */
import type { RecoveryEndBody, RecoveryRequest, RecoveryRequestId, UserId } from '@emr-share/model';
import type { Clock } from '../clock.js';
import type { Keyring } from '../keyring.js';
import type { Ledger } from '../ports/ledger.js';
import { submitSettled } from '../settle.js';

/** Who ends it, and where. */
export interface Ending {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly userId: UserId;
}

/** Signs the end of a request and submits it. Throws `RECOVERY_ENDED`, `RECOVERY_NOT_FOUND`. */
export async function endRecovery(
  { ledger, keyring, clock, userId: patient }: Ending,
  requestId: RecoveryRequestId,
  outcome: RecoveryEndBody['outcome'],
  signal: AbortSignal,
): Promise<RecoveryRequest> {
  const body: RecoveryEndBody = { requestId, patient, outcome, endedAt: clock.now() };
  const end = { body, signature: keyring.sign('recovery-end', body) };
  const name = outcome === 'vetoed' ? 'recovery:Veto' : 'recovery:Complete';
  const { response } = await submitSettled(ledger, name, end, {
    signal,
    recall: () => ledger.evaluate('recovery:GetRequest', { requestId }, { signal }),
    missing: 'RECOVERY_NOT_FOUND',
    isOurs: (found) => found.end?.body.outcome === outcome,
  });
  return response;
}
