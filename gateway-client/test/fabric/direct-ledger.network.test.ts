/** A client that asks every organization itself and hands transactions to the orderers. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FabricConsortium } from '@emr-share/cli/consortium';
import { Keyring } from '@emr-share/gateway-client';
import { DirectLedger, readConnectionProfile } from '@emr-share/gateway-client/fabric';
import type { SignedRegistration } from '@emr-share/model';
import { connectionProfiles } from '@emr-share/network';
import { openSharedNetwork } from '../../../test/support/network.js';

const MSP = 'HospAMSP';

function registration(userId: string): SignedRegistration {
  const keyring = Keyring.random();
  const body = {
    userId,
    mspId: MSP,
    role: 'physician' as const,
    verifyingKey: keyring.verifyingKeyHex,
    readerKey: keyring.readerKeyHex,
    registeredAt: Date.now(),
  };
  return { body, signature: keyring.sign('registration', body) };
}

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
      const { response } = await ledger.submit('registry:RegisterUser', registration(userId));
      expect(response).toMatchObject({ userId, status: 'active' });
      await expect(
        ledger.submit('registry:RegisterUser', registration(userId)),
      ).rejects.toMatchObject({ code: 'USER_EXISTS' });
      const own = { organizations: [MSP] };
      expect(await ledger.evaluate('registry:GetUser', { userId }, own)).toEqual(response);
    } finally {
      ledger.close();
    }
  });
});
