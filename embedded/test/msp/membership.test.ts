import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { p256 } from '@noble/curves/nist.js';
import type { Identity } from '@emr-share/gateway-client';
import { createIdentity } from '@emr-share/gateway-client/node';
import { CertificateAuthority } from '../../src/ca/certificate-authority.js';
import { generateP256 } from '../../src/ca/p256.js';
import { signProposal, type SignedProposal } from '../../src/endorsement/proposal.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { enrol, MSP_IDS, ToyLedger } from '../support/toy-ledger.js';

const HOUR_MS = 3_600_000;

describe('whose proposals count', () => {
  let directory: TemporaryDirectory;
  let ledger: ToyLedger;
  let now = Date.now();

  beforeAll(async () => {
    directory = await TemporaryDirectory.create();
    ledger = await ToyLedger.open(directory.path, { clock: { now: () => now } });
  });
  afterAll(async () => {
    await ledger.close();
    await directory.remove();
  });

  const propose = (identity: Identity) =>
    signProposal({ channel: 'emr', transaction: 'who', args: [], timestamp: now }, identity);

  /** What each organization says to a proposal. */
  async function answers(signed: SignedProposal): Promise<string[]> {
    const outcomes = await Promise.allSettled(ledger.peers.map((peer) => peer.admit(signed)));
    return outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? 'admitted' : (outcome.reason as Error).message,
    );
  }

  const expectRefused = async (signed: SignedProposal, problem: RegExp) => {
    const texts = await answers(signed);
    expect(texts).toHaveLength(MSP_IDS.length);
    for (const text of texts) expect(text).toMatch(problem);
  };

  it("are an enrolled user's, at every organization", async () => {
    const identity = await enrol(ledger.deployment, 'HospBMSP', { userId: 'dr.good' });
    expect(await answers(await propose(identity))).toEqual(MSP_IDS.map(() => 'admitted'));
  });

  it('are not those of a user of another CA that has the same name', async () => {
    await using elsewhere = await TemporaryDirectory.create();
    await CertificateAuthority.create('HospAMSP', elsewhere.path, now);
    const forger = await CertificateAuthority.open('HospAMSP', elsewhere.path);
    await expectRefused(await propose(await enrolledBy(forger)), /not issued by the CA/);
  });

  it('are not those of a user who claims another organization', async () => {
    const identity = await enrol(ledger.deployment, 'HospBMSP', { userId: 'dr.mover' });
    await expectRefused(await propose({ ...identity, mspId: 'HospAMSP' }), /not issued by the CA/);
    await expectRefused(await propose({ ...identity, mspId: 'HospXMSP' }), /no organization/);
  });

  it('are not those of whoever shows a certificate without its key', async () => {
    const victim = await enrol(ledger.deployment, 'HospAMSP', { userId: 'dr.victim' });
    const thief = await enrol(ledger.deployment, 'HospAMSP', { userId: 'dr.thief' });
    const sign = (digest: Uint8Array) => thief.sign(digest);
    await expectRefused(await propose({ ...victim, sign }), /signature .* does not verify/);
  });

  it("are not signed by a CA's own certificate", async () => {
    const identity = await enrol(ledger.deployment, 'HospAMSP', { userId: 'dr.ca' });
    const { rootCertificatePem } = ledger.deployment.organization('HospAMSP').authority;
    const signed = await propose({ ...identity, certificatePem: rootCertificatePem });
    await expectRefused(signed, /not one of a signing member/);
  });

  it('have a certificate that can be read', async () => {
    const identity = await enrol(ledger.deployment, 'HospAMSP', { userId: 'dr.garbage' });
    const signed = await propose({ ...identity, certificatePem: 'no certificate' });
    await expectRefused(signed, /cannot be read/);
  });

  it('are not changed after they were signed', async () => {
    const identity = await enrol(ledger.deployment, 'HospAMSP', { userId: 'dr.changed' });
    const { proposal, signature } = await propose(identity);
    for (const change of [{ args: ['x'] }, { transaction: 'put' }, { timestamp: now + 1 }]) {
      const signed = { proposal: { ...proposal, ...change }, signature };
      await expectRefused(signed, /signature .* does not verify/);
    }
  });

  it('are not signed with high S, nor in any encoding but DER', async () => {
    const identity = await enrol(ledger.deployment, 'HospAMSP', { userId: 'dr.high' });
    const { proposal, signature } = await propose(identity);
    const { r, s } = p256.Signature.fromHex(signature, 'der');
    const high = new p256.Signature(r, p256.Point.Fn.ORDER - s);
    const low = new p256.Signature(r, s);
    const texts = [high.toHex('der'), low.toHex('compact'), `${signature}00`];
    for (const other of texts) {
      await expectRefused({ proposal, signature: other }, /signature .* does not verify/);
    }
    expect(await answers({ proposal, signature: low.toHex('der') })).toContain('admitted');
  });

  it('are not for another channel', async () => {
    const identity = await enrol(ledger.deployment, 'HospAMSP', { userId: 'dr.channel' });
    const signed = await signProposal(
      { channel: 'other', transaction: 'who', args: [], timestamp: now },
      identity,
    );
    await expectRefused(signed, /the channel is emr/);
  });

  it('come from certificates that are valid at this moment', async () => {
    const validity = { notBefore: now + HOUR_MS, notAfter: now + 2 * HOUR_MS };
    const identity = await enrol(ledger.deployment, 'HospAMSP', { userId: 'dr.brief', validity });
    await expectRefused(await propose(identity), /not valid yet/);
    now += 1.5 * HOUR_MS;
    expect(await answers(await propose(identity))).toContain('admitted');
    now += HOUR_MS;
    await expectRefused(await propose(identity), /has expired/);
  });

  it('come from certificates that have not been revoked, also after a restart', async () => {
    const identity = await enrol(ledger.deployment, 'HospCMSP', { userId: 'dr.revoked' });
    expect(await answers(await propose(identity))).toContain('admitted');
    await ledger.deployment.organization('HospCMSP').authority.revoke('dr.revoked', now);
    await expectRefused(await propose(identity), /has been revoked/);
    await ledger.close();
    ledger = await ToyLedger.open(directory.path, { clock: { now: () => now } });
    await expectRefused(await propose(identity), /has been revoked/);
    const again = await enrol(ledger.deployment, 'HospCMSP', { userId: 'dr.revoked' });
    expect(await answers(await propose(again))).toContain('admitted');
  });

  it('are used once', async () => {
    const signed = await signProposal(
      { channel: 'emr', transaction: 'put', args: ['k', 'v'], timestamp: now },
      ledger.identity,
    );
    const proposal = { signed, transient: undefined };
    const { channel } = ledger.deployment;
    await channel.submitSigned(proposal, { organizations: MSP_IDS });
    await expect(channel.submitSigned(proposal, { organizations: MSP_IDS })).rejects.toThrow(
      /has been used already/,
    );
  });

  async function enrolledBy(authority: CertificateAuthority): Promise<Identity> {
    const { privateKey } = await generateP256();
    const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const certificatePem = await authority.enrol(
      { userId: 'dr.forged', role: 'physician' },
      createPublicKey(privateKeyPem).export({ format: 'pem', type: 'spki' }).toString(),
      CertificateAuthority.enrolmentValidity(now),
    );
    return createIdentity({ mspId: authority.mspId, certificatePem, privateKeyPem });
  }
});
