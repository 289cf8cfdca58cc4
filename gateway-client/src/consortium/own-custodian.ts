import { EmrError, type Custodian } from '@emr-share/model';
import type { CallOptions, Ledger } from '../ports/ledger.js';

/**
 * The custodian key that the caller's organization has published, as its own peer has it.
 *
 * @throws EmrError `CUSTODIAN_NOT_FOUND`.
 */
export async function ownCustodian(
  ledger: Ledger,
  { signal }: CallOptions = {},
): Promise<Custodian> {
  const { mspId } = ledger;
  const options = { organizations: [mspId], signal };
  const { custodians } = await ledger.evaluate('registry:ListCustodians', {}, options);
  const own = custodians.find((custodian) => custodian.mspId === mspId);
  if (own === undefined) throw new EmrError('CUSTODIAN_NOT_FOUND', { mspId });
  return own;
}
