/** What a client of the real network can rely on when it, or a peer, ends and comes back. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FabricConsortium } from '@emr-share/cli/consortium';
import { type Checkpoint, type Identity, type Ledger } from '@emr-share/gateway-client';
import { enrolAtAuthority, readConnectionProfile } from '@emr-share/gateway-client/fabric';
import { connectionProfiles, registerUser, startNode, stopNode } from '@emr-share/network';
import { openSharedNetwork } from '../../../test/support/network.js';
import { physicianRegistration } from './support/physician-registration.js';
import { SignerProcess } from './support/signer-process.js';

const MSP = 'HospAMSP';
const newId = (): string => `d.client.${randomBytes(4).toString('hex')}`;

describe('a client of the real network', () => {
  let network: FabricConsortium;

  beforeAll(async () => {
    network = await openSharedNetwork();
  });
  afterAll(async () => {
    await network[Symbol.asyncDispose]();
  });

  const newcomer = async (): Promise<{ identity: Identity; userId: string }> => {
    const userId = newId();
    return { userId, identity: await network.enrol(MSP, { userId, role: 'physician' }) };
  };
  const register = (ledger: Ledger): Promise<{ transactionId: string; blockNumber: number }> =>
    ledger.submit('registry:RegisterUser', physicianRegistration(MSP, ledger.userId));

  it('learns after its own restart what became of a transaction, by its ID', async () => {
    const { identity } = await newcomer();
    const before = network.ledger(identity);
    const { transactionId, blockNumber } = await register(before);
    before.close();
    const after = network.ledger(identity);
    expect(await after.fateOf(transactionId)).toEqual({
      blockNumber,
      isValid: true,
      code: 'VALID',
    });
    const unknown = after.fateOf('0'.repeat(64), { limitMs: 500 });
    await expect(unknown).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' });
  });

  it('signs with a key that stays in another process', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emr-signer-'));
    const userId = newId();
    const signer = new SignerProcess(join(folder, 'keystore.json'), {
      userId,
      mspId: MSP,
      role: 'physician',
    });
    try {
      const profiles = Object.values(await connectionProfiles(network.dir));
      const profile = profiles
        .map((content) => readConnectionProfile(JSON.stringify(content)))
        .find(({ mspId }) => mspId === MSP)!;
      const { enrolmentSecret: secret } = await registerUser(network.dir, MSP, {
        userId,
        role: 'physician',
      });
      const authority = profile.certificateAuthority!;
      const wrong = { userId, secret: 'guessed', certificateRequestPem: '' };
      await expect(enrolAtAuthority(authority, wrong)).rejects.toMatchObject({
        code: 'AUTHORITY_REFUSED',
      });
      const certificateRequestPem = await signer.certificateRequest();
      const request = { userId, secret, certificateRequestPem };
      const certificatePem = await enrolAtAuthority(authority, request);
      await signer.certify(certificatePem);
      await expect(enrolAtAuthority(authority, request)).rejects.toMatchObject({
        code: 'AUTHORITY_REFUSED',
      });

      const ledger = network.ledger({
        mspId: MSP,
        certificatePem,
        sign: (digest) => signer.sign(digest),
      });
      const { transactionId } = await register(ledger);
      expect(await ledger.fateOf(transactionId)).toMatchObject({ isValid: true });
      expect(await ledger.evaluate('registry:GetUser', { userId })).toMatchObject({ userId });
      expect(await readFile(join(folder, 'keystore.json'), 'utf8')).not.toContain('PRIVATE KEY');
    } finally {
      await signer.close();
      await rm(folder, { recursive: true });
    }
  });

  it('goes on listening from its checkpoint when the peer it listens to is killed', async () => {
    const listener = network.ledger((await newcomer()).identity);
    const people = await Promise.all([newcomer(), newcomer(), newcomer()]);
    const commit = (i: number) => register(network.ledger(people[i]!.identity));
    const ending = new AbortController();
    const told: { userId: string; checkpoint: Checkpoint }[] = [];
    const heard: (() => void)[] = [];
    const listen = async (ledger: Ledger, after: Checkpoint): Promise<void> => {
      for await (const event of ledger.events({ after, signal: ending.signal })) {
        const userId = event.entry.actor;
        if (!people.some((person) => person.userId === userId)) continue;
        told.push({ userId, checkpoint: event.checkpoint });
        heard.shift()?.();
      }
    };
    const next = () => new Promise<void>((resolve) => heard.push(resolve));

    const first = next();
    const { blockNumber } = await commit(0);
    const listening = listen(listener, { blockNumber });
    await first;
    await stopNode(network.dir, 'peer0.hospa', { graceMs: 0 });
    try {
      const second = next();
      await commit(1);
      await second;
    } finally {
      await startNode(network.dir, 'peer0.hospa');
    }
    const third = next();
    await commit(2);
    await third;
    ending.abort();
    await listening;
    expect(told.map(({ userId }) => userId)).toEqual(people.map(({ userId }) => userId));

    // A client that starts anew goes on from the checkpoint it kept.
    const resumed: string[] = [];
    const again = network.ledger(people[0].identity);
    for await (const { entry } of again.events({ after: told[0]!.checkpoint })) {
      if (people.some(({ userId }) => userId === entry.actor)) resumed.push(entry.actor);
      if (resumed.length === 2) break;
    }
    expect(resumed).toEqual([people[1].userId, people[2].userId]);
  });
});
