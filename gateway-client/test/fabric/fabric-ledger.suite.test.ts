import { describe, it } from '@jest/globals';
import { describeLedger } from '../../../test/suites/ledger.suite.js';
import { openRealNetwork } from './real-network.js';

if (process.env['EMR_NETWORK_TESTS'] === '1') {
  describeLedger('Fabric', openRealNetwork);
} else {
  process.stderr.write('ATTENTION: not tested on a real network; EMR_NETWORK_TESTS=1 does it\n');
  describe('ledger: Fabric', () => {
    it.todo('runs on a real network with EMR_NETWORK_TESTS=1');
  });
}
