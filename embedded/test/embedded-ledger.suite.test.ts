import { describeLedger } from '../../test/suites/ledger.suite.js';
import { Consortium } from '../src/consortium.js';
import { TemporaryDirectory } from './support/temporary-directory.js';

describeLedger('embedded', async () => {
  const directory = await TemporaryDirectory.create();
  const consortium = await Consortium.open({ directory: directory.path });
  return {
    organizations: consortium.organizations,
    enrol: async (mspId, user) => (await consortium.enrol(mspId, user)).identity,
    ledger: (identity) => consortium.ledger(identity),
    close: async () => {
      await consortium.close();
      await directory.remove();
    },
  };
});
