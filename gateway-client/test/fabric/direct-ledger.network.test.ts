/** A client that asks every organization itself and hands transactions to the orderers. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FabricConsortium } from '@emr-share/cli/consortium';
import { DirectLedger, readConnectionProfile } from '@emr-share/gateway-client/fabric';
import { connectionProfiles } from '@emr-share/network';
import { openSharedNetwork } from '../../../test/support/network.js';
import { physicianRegistration } from './support/physician-registration.js';

const MSP = 'HospAMSP';

describe('the direct ledger on the real network', () => {
  let network: FabricConsortium;

  beforeAll(async () => {
    network = await openSharedNetwork();
  });
  afterAll(async () => {
    await network[Symbol.asyncDispose]();
  });

  async function newcomersLedger(): Promise<DirectLedger> {
    const userId = `d.direct.${randomBytes(4).toString('hex')}`;
    const identity = await network.enrol(MSP, { userId, role: 'physician' });
    const { hospa } = await connectionProfiles(network.dir);
    const profile = readConnectionProfile(JSON.stringify(hospa));
    const { gateways, orderers, channel, contract: chaincode } = profile;
    expect(orderers.length).toBeGreaterThan(0);
    return new DirectLedger({ identity, gateways, orderers, channel, chaincode, endorsers: 2 });
  }

  it('commits what a majority endorses, and every organization then answers with it', async () => {
    const ledger = await newcomersLedger();
    try {
      const { userId } = ledger;
      const { response } = await ledger.submit(
        'registry:RegisterUser',
        physicianRegistration(MSP, userId),
      );
      expect(response).toMatchObject({ userId, status: 'active' });
      await expect(
        ledger.submit('registry:RegisterUser', physicianRegistration(MSP, userId)),
      ).rejects.toMatchObject({ code: 'USER_EXISTS' });
      const own = { organizations: [MSP] };
      expect(await ledger.evaluate('registry:GetUser', { userId }, own)).toEqual(response);
    } finally {
      ledger.close();
    }
  });
});
