/**
 * The embedded consortium of a data directory, as users' commands see it.
 *
 * @module
 */
import { Consortium } from '@emr-share/embedded';
import type { Call } from '../call.js';
import { ORGANIZATIONS } from './organizations.js';
import type { UserNetwork } from './user-network.js';

/**
 * Opens the consortium of the data directory; the first time, this founds it.
 *
 * @throws EmrError `LEDGER_BUSY` where another process has it open for longer than `--wait` says.
 */
export async function openConsortium({ data, waitMs, signal }: Call): Promise<Consortium> {
  const organizations = ORGANIZATIONS;
  return Consortium.open({ directory: data.consortium, organizations, waitMs, signal });
}

/**
 * Opens the consortium; the first time, this founds it.
 *
 * @throws EmrError `LEDGER_BUSY` where another process has it open for longer than `--wait` says.
 */
export async function openEmbeddedNetwork(call: Call): Promise<UserNetwork> {
  await call.data.prepare();
  if (!(await call.data.hasConsortium())) {
    call.output.note(`Founding a consortium of ${ORGANIZATIONS.join(', ')} in ${call.data.path} …`);
  }
  const { signal } = call;
  const consortium = await openConsortium(call);
  return {
    blobs: consortium.blobs,
    ledger: (identity) => consortium.ledger(identity),
    certify: async ({ facts }, _secret, isFurtherDevice = false) => {
      const { mspId, ...enrolment } = facts.user;
      const publicKeyPem = facts.enrolmentKeyPem;
      return (await consortium.enrol(mspId, { ...enrolment, publicKeyPem, isFurtherDevice }))
        .certificatePem;
    },
    verify: () => consortium.verify({ signal }),
    [Symbol.asyncDispose]: () => consortium.close(),
  };
}
