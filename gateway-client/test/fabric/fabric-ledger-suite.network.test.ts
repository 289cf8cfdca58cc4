import { describeLedger } from '../../../test/suites/ledger.suite.js';
import { openSharedNetwork } from '../../../test/support/network.js';

describeLedger('Fabric', async () => {
  const network = await openSharedNetwork();
  return {
    organizations: network.organizations,
    enrol: (mspId, user) => network.enrol(mspId, user),
    ledger: (identity) => network.ledger(identity),
    close: async () => {
      await network[Symbol.asyncDispose]();
    },
  };
});
